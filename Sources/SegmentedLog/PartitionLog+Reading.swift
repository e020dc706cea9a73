import Records

/// What a reader sees.
package enum Isolation: Sendable {
    /// Everything below the high watermark.
    case readUncommitted
    /// Everything below the last stable offset, and which transactions to leave out.
    case readCommitted
}

/// What a read gave.
package struct LogRead: Sendable {
    /// Whole batches, ascending, checksums verified; the first one holds the offset asked for, which may be in its middle. They share one buffer.
    package var batches: [RecordBatch]
    /// Where to read on.
    package var nextOffset: Int64
    /// Under `.readCommitted`: the aborted transactions that overlap the batches, ascending by first offset.
    package var abortedTransactions: [AbortedTransaction]
}

extension PartitionLog {
    /// Where to look for an offset.
    struct Plan {
        var segment: LogSegment
        /// The next segment's base offset, when there is one.
        var nextBase: Int64?
        /// Readers see nothing from here on.
        var bound: Int64
        var limit: Int64
        var denseFrom: Int64
        /// What is known to be sound of the segment before `trustedFrom`.
        var verified: Range<Int64>?
        /// Under `.readCommitted`, what this segment and later ones know of aborts. A marker is never before its transaction. Taken together with
        /// the segment: retention and compaction take an index away with its segment, which this read still sees.
        var aborted: [[AbortedTransaction]]
    }

    /// Reads whole batches from the one that holds `offset` on: at least one if there is any, up to `bytesMax` bytes if the first is smaller.
    ///
    /// At the high watermark (or last stable offset) the result is empty; `onAdvance` tells when there is more.
    /// - Throws: `.offsetOutOfRange` below the start or above the end; `.corrupt` with the place, when the batch at `offset` is damaged or missing.
    package func read(from offset: Int64, bytesMax: Int, isolation: Isolation) throws(LogError) -> LogRead {
        let (read, end) = try search(from: offset, isolation) { (plan, offset) throws(LogError) -> LogRead? in
            let batches = try plan.segment.read(
                from: offset, below: plan.bound, bytesMax: bytesMax, limit: plan.limit,
                denseFrom: plan.denseFrom)
            return batches.last.map { last in
                let aborted = Self.overlapping(plan.aborted, from: offset, to: last.nextOffset)
                return LogRead(batches: batches, nextOffset: last.nextOffset, abortedTransactions: aborted)
            }
        }
        return read ?? LogRead(batches: [], nextOffset: end, abortedTransactions: [])
    }

    /// The header of the batch that holds `offset`, or of the next one there is, and whether a reader of committed records has a use for that batch; nil at the
    /// last stable offset. Nothing else is read: what the header says is not proved by its checksum.
    /// - Throws: as `read`.
    package func committedHeader(
        from offset: Int64
    ) throws(LogError) -> (header: RecordBatchHeader, isVisible: Bool)? {
        try search(from: offset, .readCommitted) {
            (plan, offset) throws(LogError) -> (header: RecordBatchHeader, isVisible: Bool)? in
            guard let header = try plan.segment.locate(offset, limit: plan.limit)?.header,
                header.baseOffset < plan.bound
            else { return nil }
            let isAborted = plan.aborted.joined().contains { $0.covers(header) }
            return (header, !header.isControl && !isAborted)
        }.found
    }

    /// Asks one segment after the other, from the one that holds `offset` on, until one has something; where none has, tells where what can be seen ends.
    /// - Parameter waits: whether it may wait for others that have the log just now; else it throws `.busy`.
    func search<Found>(
        from offset: Int64, _ isolation: Isolation, waits: Bool = true,
        _ look: (Plan, Int64) throws(LogError) -> Found?
    ) throws(LogError) -> (found: Found?, end: Int64) {
        try onPresentFiles { () throws(LogError) in try searchOnce(from: offset, isolation, waits, look) }
    }

    /// How often a read begins anew. Each time the log holds other segments than before, unless somebody else removes its files.
    private static let snapshotsMax = 16

    /// Runs a read, and anew when a segment of its snapshot was removed or replaced and is closed: its offsets are elsewhere now, or below the start.
    private func onPresentFiles<Result>(_ body: () throws(LogError) -> Result) throws(LogError) -> Result {
        for _ in 1..<Self.snapshotsMax {
            do throws(LogError) {
                return try body()
            } catch {
                guard error.code == .fileGone else { throw error }
            }
        }
        return try body()
    }

    private func searchOnce<Found>(
        from offset: Int64, _ isolation: Isolation, _ waits: Bool,
        _ look: (Plan, Int64) throws(LogError) -> Found?
    ) throws(LogError) -> (found: Found?, end: Int64) {
        var offset = offset
        while true {
            guard let plan = try plan(offset, isolation, waits) else { return (nil, offset) }
            if let found = try look(plan, offset) { return (found, offset) }
            guard offset < plan.denseFrom else {
                throw plan.segment.corrupt("offset \(offset) is missing", at: plan.segment.sizeBytes)
            }
            guard let nextBase = plan.nextBase, nextBase < plan.bound else { return (nil, plan.bound) }
            offset = nextBase
        }
    }

    /// Where to read `offset`; nil when readers do not see it yet.
    private func plan(_ offset: Int64, _ isolation: Isolation, _ waits: Bool) throws(LogError) -> Plan? {
        try withState(waits: waits) { (state) throws(LogError) in
            try state.requireOpen()
            guard offset >= state.startOffset, offset <= state.endOffset else {
                throw LogError(
                    .offsetOutOfRange,
                    "offset \(offset) of \(topicPartition) is not between \(state.startOffset) and \(state.endOffset)",
                    directory: directory)
            }
            let bound =
                switch isolation {
                case .readUncommitted: state.highWatermark(hidesUnsynced: gate.hidesUnsynced)
                case .readCommitted: state.lastStableOffset(hidesUnsynced: gate.hidesUnsynced)
                }
            guard offset < bound else { return nil }
            let index = state.segmentIndex(of: offset)
            return Plan(
                segment: state.segments[index],
                nextBase: index + 1 < state.segments.count ? state.segments[index + 1].baseOffset : nil,
                bound: bound,
                limit: index + 1 < state.segments.count ? state.segments[index + 1].baseOffset : state.endOffset,
                denseFrom: state.housekeeping.checkpoint.holesBelow,
                verified: state.verified[state.segments[index].baseOffset],
                aborted: isolation == .readUncommitted
                    ? []
                    : state.segments[index...].compactMap {
                        $0.transactions.entries.isEmpty ? nil : $0.transactions.entries
                    })
        }
    }

    static func overlapping(
        _ aborted: [[AbortedTransaction]], from offset: Int64, to end: Int64
    ) -> [AbortedTransaction] {
        aborted.joined().filter { $0.firstOffset < end && $0.lastOffset >= offset }
            .sorted { ($0.firstOffset, $0.lastOffset) < ($1.firstOffset, $1.lastOffset) }
    }

    /// The first visible data record with the greatest timestamp; nil when there is none.
    /// - Throws: as `offset(forTimestamp:)`.
    package func offsetOfGreatestTimestamp() throws(LogError) -> (offset: Int64, timestamp: Int64)? {
        try onPresentFiles { () throws(LogError) in try greatestTimestamp() }
    }

    private func greatestTimestamp() throws(LogError) -> (offset: Int64, timestamp: Int64)? {
        let (segments, start, bound) = try state.withLock { (state) throws(LogError) in
            try state.requireOpen()
            return (state.segments, state.startOffset, state.highWatermark(hidesUnsynced: gate.hidesUnsynced))
        }
        if let greatest = segments.compactMap(\.newest?.timestamp).max(),
            let found = try offset(forTimestamp: greatest)
        {
            return found
        }
        // The greatest that the segments know of is a marker's, or not to be seen yet: their batches have to be looked at, until no other can have a greater.
        var greatest: Int64?
        for segment in segments.sorted(by: { $0.newest?.timestamp ?? .min > $1.newest?.timestamp ?? .min }) {
            guard let newest = segment.newest?.timestamp, newest > greatest ?? .min else { break }
            var scanner = BatchScanner(segment.file, from: 0, to: segment.sizeBytes)
            scanning: while let step = try scanner.next() {
                switch step {
                case .invalid(let position, let reason):
                    throw segment.corrupt("no batch where one must be: \(reason)", at: position)
                case .batch(let batch, _):
                    if batch.baseOffset >= bound { break scanning }
                    if batch.header.isControl || batch.lastOffset < start { continue }
                    greatest = max(greatest ?? .min, batch.maxTimestamp)
                }
            }
        }
        guard let greatest else { return nil }
        return try offset(forTimestamp: greatest)
    }

    /// The first visible data record whose timestamp is `timestamp` (milliseconds) or later; nil when there is none.
    /// - Throws: `.corrupt`, when a batch that must be looked at is.
    package func offset(forTimestamp timestamp: Int64) throws(LogError) -> (offset: Int64, timestamp: Int64)? {
        try onPresentFiles { () throws(LogError) in try firstRecord(atOrAfter: timestamp) }
    }

    private func firstRecord(atOrAfter timestamp: Int64) throws(LogError) -> (offset: Int64, timestamp: Int64)? {
        let (segments, start, bound) = try state.withLock { (state) throws(LogError) in
            try state.requireOpen()
            return (state.segments, state.startOffset, state.highWatermark(hidesUnsynced: gate.hidesUnsynced))
        }
        for segment in segments {
            if let found = try segment.firstRecord(atOrAfter: timestamp, from: start, below: bound) { return found }
        }
        return nil
    }
}
