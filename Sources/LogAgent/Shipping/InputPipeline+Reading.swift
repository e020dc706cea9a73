extension InputPipeline {
    /// One file's turn: at most one read's worth.
    func take(_ file: TailedFile, _ shipper: Shipper, now instant: ContinuousClock.Instant) async throws {
        switch tailer.read(file, now: instant) {
        case .nothing: return
        case .window(let window, let from, let isLast):
            try await ship(window, from: from, isLast: isLast, of: file, shipper, now: instant)
        case .longLine(let line, let after):
            if let message = refused[file.place] {
                try await bury(.refused(message: message), line[...], length: Int64(line.count), of: file, shipper)
                count(bytes: after.offset - file.place.offset, lines: 1, deadLines: 1)
            } else {
                try await shipper.append(line: line, at: file.place, timestamp: now(), now: instant)
                count(bytes: after.offset - file.place.offset, lines: 1)
            }
            tailer.pass(file, to: after)
            tailer.requeueIfBehind(file)
        case .oversizeLine(let sample, let length, let after):
            try await bury(tooLong, sample[...], length: length, of: file, shipper)
            count(bytes: after.offset - file.place.offset, lines: 1, deadLines: 1)
            tailer.pass(file, to: after)
            tailer.requeueIfBehind(file)
        }
    }

    private func ship(
        _ window: UnsafeRawBufferPointer, from start: Int, isLast: Bool, of file: TailedFile, _ shipper: Shipper,
        now instant: ContinuousClock.Instant
    ) async throws {
        let timestamp = now()
        var from = start
        framing: while true {
            if !refused.isEmpty, let message = refused[file.place],
                let newline = LineFramer.newline(in: window, from: from)
            {
                try await bury(.refused(message: message), from..<newline, of: window, file, shipper)
                pass(file, to: newline + 1, of: window, from: &from, lines: 1, deadLines: 1)
                continue
            }
            let framed = shipper.frame(window, from: from, at: file.place, timestamp: timestamp, now: instant)
            if framed.lines > 0 { pass(file, to: framed.end, of: window, from: &from, lines: framed.lines) }
            switch framed.stop {
            case .noNewline: break framing
            case .batchFull: try await shipper.sendLines()
            case .oversize(let line):
                try await bury(tooLong, line, of: window, file, shipper)
                pass(file, to: line.upperBound + 1, of: window, from: &from, lines: 1, deadLines: 1)
            }
        }
        if isLast, file.isFinishing, file.isDeleted, from < window.count {
            // The file is gone and its last line will never have a newline.
            let isShipped = window.count - from <= settings.lineBytesMax
            if isShipped {
                try await shipper.append(
                    line: [UInt8](window[from...]), at: file.place, timestamp: timestamp, now: instant)
            } else {
                try await bury(tooLong, from..<window.count, of: window, file, shipper)
            }
            pass(file, to: window.count, of: window, from: &from, lines: 1, deadLines: isShipped ? 0 : 1)
        }
        tailer.finish(file, rest: window, from: from, isLast: isLast)
    }

    private func pass(
        _ file: TailedFile, to end: Int, of window: UnsafeRawBufferPointer, from: inout Int, lines: Int,
        deadLines: Int = 0
    ) {
        count(bytes: Int64(end - from), lines: Int64(lines), deadLines: Int64(deadLines))
        tailer.pass(file, to: end, lines: lines, of: window, from: from)
        from = end
    }

    // MARK: Dead letters

    private var tooLong: DeadLetter.Reason { .tooLong(limit: settings.lineBytesMax) }

    private func bury(
        _ reason: DeadLetter.Reason, _ line: Range<Int>, of window: UnsafeRawBufferPointer, _ file: TailedFile,
        _ shipper: Shipper
    ) async throws {
        let sample = [UInt8](window[line].prefix(limits.deadLetterSampleBytes))
        try await bury(reason, sample[...], length: Int64(line.count), of: file, shipper)
    }

    /// Dead-letters the line at the file's offset.
    private func bury(
        _ reason: DeadLetter.Reason, _ line: ArraySlice<UInt8>, length: Int64, of file: TailedFile, _ shipper: Shipper
    ) async throws {
        let letter = DeadLetter.line(
            reason, path: file.generation.path, place: file.place, length: length,
            sample: [UInt8](line.prefix(limits.deadLetterSampleBytes)), topic: topic)
        try await shipper.append(letter, timestamp: now())
    }

    // MARK: Counters

    private func count(bytes: Int64, lines: Int64, deadLines: Int64 = 0) {
        counts.bytesRead += bytes
        counts.linesRead += lines
        counts.linesInFlight += lines
        inFlight.bytes += bytes
        inFlight.lines += lines
        inFlight.deadLines += deadLines
    }

    func commitCounts() {
        counts.linesCommitted += inFlight.lines - inFlight.deadLines
        counts.deadLines += inFlight.deadLines
        counts.linesInFlight = 0
        counts.gaps += inFlight.gaps.count
        counts.gapBytes += inFlight.gaps.reduce(0) { $0 + $1.bytes }
        counts.commits += 1
        inFlight = InFlight()
    }

    func rewindCounts() {
        counts.bytesRead -= inFlight.bytes
        counts.linesRead -= inFlight.lines
        counts.linesInFlight = 0
        inFlight = InFlight()
    }
}
