import Records

/// Builds the indexes of one segment while its log is scanned, and puts them in place as whole files.
struct IndexBuilder {
    private let baseOffset: Int64
    private let indexIntervalBytes: Int
    private var offsets: [UInt8] = []
    private var times: [UInt8] = []
    private var aborts: [UInt8] = []
    private var lastTimestampIndexed = Int64.min
    private var bytesSinceEntry = 0
    private var newest: (timestamp: Int64, offset: Int64)?
    private var isEntryForced = false

    init(baseOffset: Int64, indexIntervalBytes: Int) {
        self.baseOffset = baseOffset
        self.indexIntervalBytes = indexIntervalBytes
    }

    /// Goes on behind what the indexes hold already, the entry of the next batch included.
    /// - Parameter newest: the largest timestamp before the next batch, and the last offset of its batch.
    init(
        baseOffset: Int64, indexIntervalBytes: Int, offsets: [UInt8], times: [UInt8],
        newest: (timestamp: Int64, offset: Int64)?
    ) {
        self.init(baseOffset: baseOffset, indexIntervalBytes: indexIntervalBytes)
        self.offsets = offsets
        self.times = times
        self.newest = newest
        if let newest { lastTimestampIndexed = newest.timestamp }
    }

    /// What the active segment goes on counting from; so many that the next batch gets an entry, when one is due.
    var unindexedBytes: Int { isEntryForced ? .max / 2 : bytesSinceEntry }

    /// The next batch gets an entry: damage lies before it, and no lookup must have to walk through that.
    mutating func forceEntry() { isEntryForced = true }

    /// Takes in the next batch: the same rule as `LogSegment.append`.
    mutating func add(_ batch: RecordBatch, at position: Int64) {
        if unindexedBytes > indexIntervalBytes {
            offsets += OffsetIndex.encode(offset: batch.baseOffset, position: position, baseOffset: baseOffset)
            addNewestTimestamp()
            bytesSinceEntry = 0
            isEntryForced = false
        }
        bytesSinceEntry += batch.sizeInBytes
        if batch.maxTimestamp > newest?.timestamp ?? .min { newest = (batch.maxTimestamp, batch.lastOffset) }
    }

    /// Takes in a transaction whose abort marker is in this segment.
    mutating func add(_ aborted: AbortedTransaction) {
        aborts += TransactionIndex.encode(aborted)
    }

    private mutating func addNewestTimestamp() {
        guard let newest, newest.timestamp > lastTimestampIndexed else { return }
        times += TimeIndex.encode(timestamp: newest.timestamp, offset: newest.offset, baseOffset: baseOffset)
        lastTimestampIndexed = newest.timestamp
    }

    /// Replaces the segment's index files; each is complete and synced before it gets its name. The directory is synced.
    mutating func write(to directory: String, _ disk: any Disk) throws(LogError) {
        let kinds: [SegmentName.Kind]
        do throws(LogError) {
            kinds = try prepare(in: directory, disk)
        } catch {
            // One that is complete would take the room that was missing for the next.
            for kind in [SegmentName.Kind.index, .timeIndex, .transactionIndex] {
                let path = FilePath.join(directory, SegmentName.name(baseOffset, kind))
                try? disk.remove(path + SegmentName.temporarySuffix)
            }
            throw error
        }
        for kind in kinds { try disk.putInPlace(SegmentName.name(baseOffset, kind), in: directory) }
        if !kinds.contains(.transactionIndex) {
            try disk.remove(FilePath.join(directory, SegmentName.name(baseOffset, .transactionIndex)))
        }
        try disk.syncDirectory(directory)
    }

    /// Writes the index files under their temporary names and syncs them. Returns which there are.
    mutating func prepare(in directory: String, _ disk: any Disk) throws(LogError) -> [SegmentName.Kind] {
        let files = self.files()
        for (kind, bytes) in files {
            try disk.prepare(SegmentName.name(baseOffset, kind), in: directory, with: bytes)
        }
        return files.map(\.kind)
    }

    /// What is to stand in each file; those that are not named are not to be there.
    mutating func files() -> [(kind: SegmentName.Kind, bytes: [UInt8])] {
        addNewestTimestamp()
        var files: [(kind: SegmentName.Kind, bytes: [UInt8])] = [(.index, offsets), (.timeIndex, times)]
        if !aborts.isEmpty { files.append((.transactionIndex, aborts)) }
        return files
    }
}
