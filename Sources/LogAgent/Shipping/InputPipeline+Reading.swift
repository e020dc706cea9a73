extension InputPipeline {
    /// One file's turn: at most one read's worth.
    func take(_ file: TailedFile, _ shipper: Shipper, now instant: ContinuousClock.Instant) async throws {
        switch tailer.read(file, now: instant) {
        case .nothing: return
        case .window(let window, let from, let isLast):
            try await ship(window, from: from, isLast: isLast, of: file, shipper, now: instant)
        case .longLine(let line, let place):
            try await shipper.append(line: line, timestamp: now(), now: instant)
            count(bytes: place.offset - file.generation.current.offset, lines: 1)
            tailer.pass(file, to: place)
            tailer.requeueIfBehind(file)
        case .oversizeLine(let sample, let length, let place):
            try await bury(sample, length: length, of: file, shipper)
            count(bytes: place.offset - file.generation.current.offset, lines: 1, deadLines: 1)
            tailer.pass(file, to: place)
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
            let framed = shipper.frame(window, from: from, timestamp: timestamp, now: instant)
            if framed.lines > 0 {
                count(bytes: Int64(framed.end - from), lines: Int64(framed.lines))
                tailer.pass(file, to: framed.end, lines: framed.lines, of: window, from: from)
                from = framed.end
            }
            switch framed.stop {
            case .noNewline: break framing
            case .batchFull: try await shipper.sendLines()
            case .oversize(let line):
                try await bury(line, of: window, file, shipper)
                count(bytes: Int64(line.upperBound + 1 - from), lines: 1, deadLines: 1)
                tailer.pass(file, to: line.upperBound + 1, lines: 1, of: window, from: from)
                from = line.upperBound + 1
            }
        }
        if isLast, file.isFinishing, from < window.count {
            // The file is gone and its last line will never have a newline.
            if window.count - from <= settings.lineBytesMax {
                try await shipper.append(line: [UInt8](window[from...]), timestamp: timestamp, now: instant)
                count(bytes: Int64(window.count - from), lines: 1)
            } else {
                try await bury(from..<window.count, of: window, file, shipper)
                count(bytes: Int64(window.count - from), lines: 1, deadLines: 1)
            }
            tailer.pass(file, to: window.count, lines: 1, of: window, from: from)
            from = window.count
        }
        tailer.finish(file, rest: window, from: from, isLast: isLast)
    }

    private func bury(
        _ line: Range<Int>, of window: UnsafeRawBufferPointer, _ file: TailedFile, _ shipper: Shipper
    ) async throws {
        let sample = [UInt8](window[line].prefix(limits.deadLetterSampleBytes))
        try await bury(sample, length: Int64(line.count), of: file, shipper)
    }

    /// Dead-letters the line at the file's offset.
    private func bury(_ sample: [UInt8], length: Int64, of file: TailedFile, _ shipper: Shipper) async throws {
        let letter = DeadLetter.oversizeLine(
            path: file.generation.path, generation: file.generation.id, offset: file.generation.current.offset,
            length: length, limit: settings.lineBytesMax, sample: sample, topic: topic)
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
