import Records

/// One pass of compaction over closed segments: reads the keys, then rewrites the segments in ascending order, one group after another.
///
/// A pass that ends halfway, in a crash or without room, is harmless: a marker goes only after the data it decides was rewritten, for they are in
/// ascending order, and a tombstone only once a pass has come to its end that took the older values it hides.
struct LogCompactor {
    /// What became of some adjacent segments.
    struct Group {
        var replaced: [LogSegment]
        /// Nil when nothing was left of them.
        var segment: LogSegment?
        /// Keeps what was replaced open for readers until the log holds the new segment.
        var pinned: [PinnedDescriptor]
    }

    /// How many segments become one at most: all of them are open at that time.
    private static let membersMax = 32

    /// 128 bits of a key. Two seeded hashes: that two of a million keys share one is less likely than that the memory they stand in fails.
    private struct KeyDigest: Hashable {
        let high: Int
        let low: Int

        init(_ key: UnsafeRawBufferPointer) {
            var first = Hasher()
            first.combine(UInt8(1))
            first.combine(bytes: key)
            high = first.finalize()
            var second = Hasher()
            second.combine(UInt8(2))
            second.combine(bytes: key)
            low = second.finalize()
        }
    }

    private let config: LogConfig
    private let disk: any Disk
    private let directory: String
    /// Everything below was compacted by an earlier, complete pass.
    private let cleanedThrough: Int64
    /// Below, an earlier pass, complete or not, may have left holes in the offsets.
    private let holesBelow: Int64
    private let now: Int64
    private var latest: [KeyDigest: Int64] = [:]
    private var aborted: [Int64: [AbortedTransaction]] = [:]
    /// Where the segment behind each one starts.
    private let limits: [Int64: Int64]
    private(set) var recordsRemoved = 0
    /// Names have changed on the disk and the log does not know of it: true after a call that failed in between.
    private(set) var isHalfway = false
    /// Keeps the segments open that are being replaced.
    private(set) var pinned: [PinnedDescriptor] = []

    init(
        config: LogConfig, disk: any Disk, directory: String, limits: [Int64: Int64], cleanedThrough: Int64,
        holesBelow: Int64, now: Int64
    ) {
        self.config = config
        self.disk = disk
        self.directory = directory
        self.limits = limits
        self.cleanedThrough = cleanedThrough
        self.holesBelow = holesBelow
        self.now = now
    }

    /// Notes the latest offset of each key in the segments that no pass has seen. Returns the end of what this pass may clean: before the end of the
    /// segments when there are more keys than the limit, but never less than one new segment.
    mutating func readKeys(_ segments: [LogSegment], aborted: [AbortedTransaction]) throws(LogError) -> Int64 {
        self.aborted = Dictionary(grouping: aborted, by: \.producerId)
        var end = cleanedThrough
        for segment in segments {
            if segment.baseOffset < cleanedThrough { continue }
            if end > cleanedThrough, latest.count >= config.compactionKeysMax { return end }
            var batches = batches(of: segment)
            while let batch = try batches.next() {
                if batch.header.isControl || isAborted(batch) { continue }
                let records = try Self.decode(batch, of: segment)
                for record in records {
                    guard let key = record.key else { continue }
                    latest[Self.digest(records, key)] = record.offset
                }
            }
            end = limits[segment.baseOffset] ?? end
        }
        return end
    }

    /// Rewrites the first segments of `rest` that fit into one, and takes them from it.
    mutating func rewriteGroup(from rest: inout ArraySlice<LogSegment>) throws(LogError) -> Group {
        guard let first = rest.first else { return Group(replaced: [], pinned: []) }
        let swap = SegmentSwap(directory: directory, baseOffset: first.baseOffset, disk: disk)
        let output = try disk.open(swap.temporaryPath, .readWrite)
        try output.truncate(to: 0)
        var size: Int64 = 0
        var members: [LogSegment] = []
        var indexes: [SegmentName.Kind] = []
        do throws(LogError) {
            while let segment = rest.first,
                members.isEmpty
                    || (members.count < Self.membersMax && fits(segment, behind: size, base: first.baseOffset))
            {
                let removedBefore = recordsRemoved
                let written = try rewrite(segment, to: output, at: size)
                // A member without a part in the result would not be recognised as replaced after a crash: it forms a group of its own.
                if written == 0, !members.isEmpty {
                    recordsRemoved = removedBefore
                    break
                }
                members.append(segment)
                rest.removeFirst()
                size += written
                if written == 0 { break }
            }
            // All that takes room comes before the first name changes.
            if size > 0 { indexes = try prepare(output, of: first.baseOffset) }
        } catch {
            try swap.abandon()
            throw error
        }
        // From here on their names lead to nothing or to another file, while the log still holds them.
        for member in members { pinned += try member.pinned() }
        isHalfway = true
        if size == 0 {
            try disk.remove(swap.temporaryPath)
            try removeEmptied(members)
        } else {
            try swap.commit()
            try swap.finish(replacing: members.map(\.baseOffset), indexes: indexes)
        }
        let segment = size == 0 ? nil : try load(first.baseOffset)
        isHalfway = false
        defer { pinned = [] }
        return Group(replaced: members, segment: segment, pinned: pinned)
    }

    private func fits(_ segment: LogSegment, behind size: Int64, base: Int64) -> Bool {
        size + segment.sizeBytes <= Int64(config.segmentBytes)
            && (limits[segment.baseOffset] ?? .max) - base <= Int64(Int32.max)
    }

    /// The logs first, for good: one that is left without its index of aborted transactions would show them.
    private func removeEmptied(_ members: [LogSegment]) throws(LogError) {
        for segment in members { try disk.remove(segment.path(.log)) }
        try disk.syncDirectory(directory)
        for segment in members { try LogSegment.removeFiles(of: segment.baseOffset, in: directory, disk) }
    }

    /// Syncs the rewritten segment and prepares its indexes.
    private func prepare(_ file: any DiskFile, of base: Int64) throws(LogError) -> [SegmentName.Kind] {
        try file.sync()
        var scan = SegmentScan(
            directory: directory, baseOffset: base, file: file, indexIntervalBytes: config.indexIntervalBytes,
            holesBelow: .max, expected: base)
        var nothing = RecoveryReplay(now: now)
        try scan.run(&nothing)
        if let error = scan.damage.first ?? scan.tornAt?.error { throw error }
        return try scan.indexes.prepare(in: directory, disk)
    }

    private func load(_ base: Int64) throws(LogError) -> LogSegment {
        try LogSegment.load(
            in: directory, baseOffset: base, names: Set(try disk.openDirectory(directory, create: false)), disk)
    }

    /// Writes what stays of a segment behind `start`; returns how many bytes that is.
    private mutating func rewrite(
        _ segment: LogSegment, to output: any DiskFile, at start: Int64
    ) throws(LogError) -> Int64 {
        var position = start
        var batches = batches(of: segment)
        while let batch = try batches.next() {
            guard let kept = try remainder(of: batch, in: segment) else { continue }
            try kept.withUnsafeParts { (header, records) throws(LogError) in
                try output.write(header, records, at: position)
            }
            position += Int64(kept.sizeInBytes)
        }
        return position - start
    }

    /// What stays of a batch; nil for nothing.
    private mutating func remainder(of batch: RecordBatch, in segment: LogSegment) throws(LogError) -> RecordBatch? {
        if batch.header.isControl { return nil }
        if isAborted(batch) {
            recordsRemoved += batch.recordCount
            return nil
        }
        let records = try Self.decode(batch, of: segment)
        let kept: RecordBatch?
        do throws(RecordsError) {
            kept = try batch.retaining(from: records, using: .init(batch.header.compression)) { record in
                isKept(record, records)
            }
        } catch {
            throw LogError(
                .io, "a compacted batch cannot be built", directory: directory, segment: segment.name, cause: error)
        }
        recordsRemoved += batch.recordCount - (kept?.recordCount ?? 0)
        guard let kept, kept.header.isTransactional else { return kept }
        return kept.stamped(producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false)
    }

    private func isKept(_ record: RecordView, _ records: DecodedRecords) -> Bool {
        guard let key = record.key else { return true }
        if let newest = latest[Self.digest(records, key)], newest > record.offset { return false }
        let isExpiredTombstone =
            record.value == nil && record.offset < cleanedThrough
            && record.timestamp < now - config.deleteRetentionMilliseconds
        return !isExpiredTombstone
    }

    private func isAborted(_ batch: RecordBatch) -> Bool {
        aborted[batch.header.producerId]?.contains { $0.covers(batch.header) } ?? false
    }

    private static func digest(_ records: DecodedRecords, _ key: Range<Int>) -> KeyDigest {
        records.payload.withUnsafeBytes { KeyDigest(UnsafeRawBufferPointer(rebasing: $0[key])) }
    }

    private static func decode(_ batch: RecordBatch, of segment: LogSegment) throws(LogError) -> DecodedRecords {
        do throws(RecordsError) {
            return try batch.records()
        } catch {
            throw LogError(
                .corrupt, "the records of the batch at offset \(batch.baseOffset) cannot be decoded",
                directory: segment.directory, segment: segment.name, cause: error)
        }
    }

    private func batches(of segment: LogSegment) -> OrderedBatches {
        OrderedBatches(segment, limit: limits[segment.baseOffset] ?? .max, denseFrom: holesBelow)
    }
}
