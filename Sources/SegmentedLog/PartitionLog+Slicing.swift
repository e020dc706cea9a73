import Records

extension PartitionLog {
    /// Finds whole batches from the one that holds `offset` on, as `read` does, and does not read them: at least one if there is any, up to `bytesMax` bytes
    /// if the first is smaller, all in one segment. Nil at the high watermark or last stable offset.
    ///
    /// Their checksums are known to be right: this process has appended them, or verifies them now, once. A byte that changes on the disk after that is found by
    /// the reader's own check (KIP-98 has clients check too), or by the next process.
    /// - Parameter waits: false for a caller that may not be held up: no more is done for it then than reading the index and headers.
    /// - Throws: as `read`; `.tooManySlices` while other files' slices take all descriptors there are for them; `.busy` where it does not wait and
    ///   somebody else has the log just now, batches have to be verified first, or a file has to be opened again.
    package func slice(
        from offset: Int64, bytesMax: Int, isolation: Isolation, waits: Bool = true
    ) throws(LogError) -> LogSlice? {
        try search(from: offset, isolation, waits: waits) { (plan, offset) throws(LogError) -> LogSlice? in
            if !waits, !plan.segment.isOpen { throw LogError(.busy, "a file is closed", directory: directory) }
            let found = try plan.segment.span(
                from: offset, below: plan.bound, bytesMax: bytesMax, limit: plan.limit, denseFrom: plan.denseFrom)
            guard let span = try found.map({ (span) throws(LogError) in try verified(span, plan, waits) }) else {
                return nil
            }
            return LogSlice(
                file: plan.segment.file,
                pinned: try (plan.segment.file as? PooledFile).map { file throws(LogError) in
                    try PinnedDescriptor(file, isOfSlice: true)
                },
                position: span.start, sizeInBytes: Int(span.end - span.start), nextOffset: span.nextOffset,
                abortedTransactions: Self.overlapping(plan.aborted, from: offset, to: span.nextOffset))
        }.found
    }

    /// The span as far as its batches are what was written; the first one must be.
    private func verified(
        _ span: LogSegment.Span, _ plan: Plan, _ waits: Bool
    ) throws(LogError) -> LogSegment.Span {
        let segment = plan.segment
        let base = segment.baseOffset
        if span.start >= segment.trustedFrom || plan.verified?.contains(span.start..<span.end) == true { return span }
        guard waits else { throw LogError(.busy, "batches are to be verified", directory: directory) }
        let sound = try segment.verify(span, denseFrom: plan.denseFrom)
        state.withLock { state in
            // A segment that compaction has put in the place of this one is another file.
            guard let place = state.segments.firstIndex(where: { $0.baseOffset == base }),
                state.segments[place].file === segment.file
            else { return }
            let range = sound.start..<sound.end
            guard let old = state.verified[base], old.overlaps(range) || old.upperBound == range.lowerBound else {
                state.verified[base] = range
                return
            }
            state.verified[base] =
                min(old.lowerBound, range.lowerBound)..<max(old.upperBound, range.upperBound)
        }
        return sound
    }
}

extension LogSegment {
    /// Batches as a part of the file.
    struct Span {
        var start: Int64
        var end: Int64
        var firstOffset: Int64
        var nextOffset: Int64
    }

    /// Whether its files hold descriptors: to open one may make the pool close others.
    var isOpen: Bool { Self.isOpen(file) && Self.isOpen(offsetIndex.entries.file) }

    /// Whether a batch can be written without opening a file.
    var isOpenForAppending: Bool { isOpen && Self.isOpen(timeIndex.entries.file) }

    /// A deferred file may be written to the disk just now, which its readers wait for.
    private static func isOpen(_ file: any DiskFile) -> Bool {
        (file as? PooledFile)?.isOpen ?? !(file is DeferredFile)
    }

    /// As `read`, but the batches are only found, by the index and by their headers near both ends.
    func span(
        from offset: Int64, below bound: Int64, bytesMax: Int, limit: Int64, denseFrom: Int64
    ) throws(LogError) -> Span? {
        guard let (start, first) = try locate(offset, limit: limit), first.baseOffset < bound else { return nil }
        if first.baseOffset > offset, offset >= denseFrom {
            throw corrupt("offsets \(offset) to \(first.baseOffset - 1) are missing", at: start)
        }
        var span = Span(
            start: start, end: start + Int64(first.sizeInBytes), firstOffset: first.baseOffset,
            nextOffset: first.nextOffset)
        let target = start + Int64(bytesMax)
        guard span.end < target else { return span }
        if sizeBytes <= target, limit <= bound {
            span.end = sizeBytes
            span.nextOffset = limit
            return span
        }
        // Every batch before the one that an entry is of ends at or below the entry's offset.
        if let entry = try offsetIndex.last(atMost: bound, position: target), entry.position > span.end {
            span.end = entry.position
            span.nextOffset = entry.offset
        }
        while span.end < sizeBytes {
            // As in `read`: what is sound before damage is given, and the next fetch starts at the damage and reports it.
            let next: RecordBatchHeader
            do throws(LogError) {
                next = try header(at: span.end)
            } catch {
                if error.code == .corrupt { break }
                throw error
            }
            guard next.baseOffset >= span.nextOffset, next.nextOffset <= limit else { break }
            guard next.baseOffset < bound, span.end + Int64(next.sizeInBytes) <= target else { break }
            span.end += Int64(next.sizeInBytes)
            span.nextOffset = next.nextOffset
        }
        return span
    }

    /// Reads the span and checks every batch of it; returns what is sound of it, up to the first that is not.
    /// - Throws: `.corrupt` when its first batch is not what was written.
    func verify(_ span: Span, denseFrom: Int64) throws(LogError) -> Span {
        var scanner = BatchScanner(file, from: span.start, to: span.end)
        var sound = span
        sound.end = span.start
        sound.nextOffset = span.firstOffset
        while let step = try scanner.next() {
            switch step {
            case .invalid(let position, let reason):
                guard position > span.start else {
                    throw corrupt(
                        "the batch at offset \(span.firstOffset) is corrupt: \(reason); restore the segment or delete the records up to here",
                        at: position)
                }
                return sound
            case .batch(let batch, let position):
                let isNext =
                    batch.baseOffset == sound.nextOffset
                    || (batch.baseOffset > sound.nextOffset && sound.nextOffset < denseFrom)
                guard isNext else {
                    guard position > span.start else {
                        throw corrupt("the batch says offset \(batch.baseOffset), which is not its own", at: position)
                    }
                    return sound
                }
                sound.end = position + Int64(batch.sizeInBytes)
                sound.nextOffset = batch.nextOffset
            }
        }
        if sound.end == span.end { sound.nextOffset = span.nextOffset }
        return sound
    }
}
