import Records

/// What a stage emits: records one behind the other in an arena that is reused, so emitting allocates nothing once it has grown.
public struct StageOutput {
    /// Where an emitted record goes.
    public enum Destination: Hashable, Sendable {
        /// The stage's output binding of that index: `<stage>-out-<index>`.
        case output(Int)
        /// A topic by its name.
        case topic(String)
    }

    /// One emitted record: ranges into the arena.
    package struct Entry: Sendable {
        package let key: Range<Int>?
        package let value: Range<Int>?
        /// The headers as a record batch encodes them, without their count.
        package let headers: Range<Int>
        package let headerCount: Int
        package let timestamp: Int64
        /// 0 and above: the index of an output; below: `topics[-1 - destination]`.
        package let destination: Int
    }

    /// What was taken stays in the arena up to this many bytes, which the processor's nearest cache holds beside the rest.
    private static let arenaKeptBytes = 16 << 10

    /// The bytes the entries' ranges lie in. A stage appends a value to them and then calls `emit(from:valueFrom:)`.
    package var arena: [UInt8] = []
    /// What was emitted, in order.
    package private(set) var entries: [Entry] = []
    /// The topics that entries name, each once.
    package private(set) var topics: [String] = []
    private var topicIndexes: [String: Int] = [:]
    private var inheritedTimestamp: Int64 = 0
    private var inheritedHeaders: [UInt8] = []
    private var inheritedHeaderCount = 0

    /// Creates an empty output.
    public init() {}

    /// How many records have been emitted and not yet taken.
    public var count: Int { entries.count }

    /// Emits a record.
    /// - Parameters:
    ///   - value: the value's bytes.
    ///   - key: the key's bytes; nil for none.
    ///   - headers: nil: those of the record being processed.
    ///   - timestamp: milliseconds since the epoch; nil: that of the record being processed, or the present in `advance`.
    ///   - destination: the stage's first output unless said otherwise.
    public mutating func emit(
        value: some Collection<UInt8>, key: [UInt8]? = nil, headers: [RecordHeader]? = nil, timestamp: Int64? = nil,
        to destination: Destination = .output(0)
    ) {
        let value = append(value)
        emit(value, key: key, headers: headers, timestamp: timestamp, to: destination)
    }

    /// Emits a record without a value, which in a compacted topic deletes its key. The parameters are those of `emit`.
    public mutating func emitTombstone(
        key: [UInt8]?, headers: [RecordHeader]? = nil, timestamp: Int64? = nil, to destination: Destination = .output(0)
    ) {
        emit(nil, key: key, headers: headers, timestamp: timestamp, to: destination)
    }

    /// Emits the record as it is: key, value, headers and timestamp.
    public mutating func forward(_ record: StageRecord, to destination: Destination = .output(0)) {
        emit(record.valueRange.map { append(record.payload, $0) }, from: record, to: destination)
    }

    /// Emits a record whose value has been appended to the arena from `start` on. Key, headers and timestamp are those of `record`.
    package mutating func emit(
        from record: StageRecord, valueFrom start: Int, to destination: Destination = .output(0)
    ) {
        emit(start..<arena.count, from: record, to: destination)
    }

    /// Makes what is emitted next inherit the record's timestamp and headers.
    package mutating func inherit(from record: StageRecord) {
        inheritedTimestamp = record.timestamp
        inheritedHeaderCount = record.headerCount
        if !inheritedHeaders.isEmpty { inheritedHeaders.removeAll(keepingCapacity: true) }
        if record.headerCount > 0 { inheritedHeaders.append(contentsOf: record.payload[record.headerRange]) }
    }

    /// Makes what is emitted next carry the clock's time and no headers, as in `advance`.
    package mutating func inherit(from clock: StageClock) {
        inheritedTimestamp = clock.nowMilliseconds
        inheritedHeaderCount = 0
        inheritedHeaders.removeAll(keepingCapacity: true)
    }

    /// Where an entry goes.
    package func destination(of entry: Entry) -> Destination {
        entry.destination >= 0 ? .output(entry.destination) : .topic(topics[-1 - entry.destination])
    }

    /// An entry as the input of the next stage in a chain; `origin` lends its source and offset.
    package func record(_ entry: Entry, derivedFrom origin: StageRecord) -> StageRecord {
        StageRecord(
            source: origin.source, offset: origin.offset, timestamp: entry.timestamp, payload: arena, key: entry.key,
            value: entry.value, headers: entry.headers, headerCount: entry.headerCount)
    }

    /// Forgets what was emitted and keeps the memory. Where a `StageRecord` over this arena is alive, the memory is copied by what comes next.
    package mutating func removeAll() {
        // One by one, and the arena not for every record: emptying an array as a whole costs more than most records' entries.
        while entries.popLast() != nil {}
        if arena.count > Self.arenaKeptBytes { arena.removeAll(keepingCapacity: true) }
        if !topics.isEmpty {
            topics.removeAll(keepingCapacity: true)
            topicIndexes.removeAll(keepingCapacity: true)
        }
    }

    private mutating func emit(
        _ value: Range<Int>?, key: [UInt8]?, headers: [RecordHeader]?, timestamp: Int64?, to destination: Destination
    ) {
        let keyRange = key.map { append($0) }
        let encodedHeaders: Range<Int>
        if let headers {
            let start = arena.count
            EncodedHeaders.append(headers, to: &arena)
            encodedHeaders = start..<arena.count
        } else {
            encodedHeaders = append(inheritedHeaders)
        }
        entries.append(
            Entry(
                key: keyRange, value: value, headers: encodedHeaders,
                headerCount: headers?.count ?? inheritedHeaderCount, timestamp: timestamp ?? inheritedTimestamp,
                destination: index(of: destination)))
    }

    @inline(__always)
    private mutating func emit(_ value: Range<Int>?, from record: StageRecord, to destination: Destination) {
        entries.append(
            Entry(
                key: record.keyRange.map { append(record.payload, $0) }, value: value,
                headers: append(record.payload, record.headerRange), headerCount: record.headerCount,
                timestamp: record.timestamp, destination: index(of: destination)))
    }

    /// Through a pointer: a slice would count a reference for each part of each record.
    @inline(__always)
    private mutating func append(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
        let start = arena.count
        if !range.isEmpty {
            bytes.withUnsafeBufferPointer { arena.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
        }
        return start..<arena.count
    }

    private mutating func append(_ bytes: some Collection<UInt8>) -> Range<Int> {
        let start = arena.count
        arena.append(contentsOf: bytes)
        return start..<arena.count
    }

    private mutating func index(of destination: Destination) -> Int {
        switch destination {
        case .output(let index):
            return max(0, index)
        case .topic(let topic):
            if let index = topicIndexes[topic] { return index }
            topics.append(topic)
            topicIndexes[topic] = -topics.count
            return -topics.count
        }
    }
}
