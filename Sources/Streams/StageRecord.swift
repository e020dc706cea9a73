import Records

/// One record as a stage sees it: a view into the delivery it came with; copying it copies no bytes.
public struct StageRecord: Sendable {
    /// The partition it was read from.
    public let source: TopicPartition
    /// Its offset there.
    public private(set) var offset: Int64
    /// Its timestamp, in milliseconds since the epoch.
    public private(set) var timestamp: Int64
    package let payload: [UInt8]
    package private(set) var keyRange: Range<Int>?
    package private(set) var valueRange: Range<Int>?
    package private(set) var headerRange: Range<Int>
    package private(set) var headerCount: Int

    /// Creates a view of a record whose ranges lie in `payload`; the headers are encoded as in a record batch, without their count.
    package init(
        source: TopicPartition, offset: Int64, timestamp: Int64, payload: [UInt8], key: Range<Int>?, value: Range<Int>?,
        headers: Range<Int> = 0..<0, headerCount: Int = 0
    ) {
        self.source = source
        self.offset = offset
        self.timestamp = timestamp
        self.payload = payload
        self.keyRange = key
        self.valueRange = value
        self.headerRange = headers
        self.headerCount = headerCount
    }

    /// Creates a view of one of the decoded records of a batch that was read from `source`.
    init(_ view: RecordView, of records: DecodedRecords, from source: TopicPartition) {
        self.init(
            source: source, offset: view.offset, timestamp: view.timestamp, payload: records.payload, key: view.key,
            value: view.value, headers: view.headers, headerCount: view.headerCount)
    }

    /// Becomes a view of another record of the same batch. Source and payload stay, so that nothing is counted.
    @inline(__always)
    mutating func move(to view: RecordView) {
        offset = view.offset
        timestamp = view.timestamp
        keyRange = view.key
        valueRange = view.value
        headerRange = view.headers
        headerCount = view.headerCount
    }

    /// Creates a record on its own, as a stage's unit test wants it.
    public init(
        value: [UInt8]?, key: [UInt8]? = nil, headers: [RecordHeader] = [], timestamp: Int64 = 0,
        source: TopicPartition = TopicPartition(topic: "test", partition: 0), offset: Int64 = 0
    ) {
        var payload = value ?? []
        let valueEnd = payload.count
        payload += key ?? []
        let keyEnd = payload.count
        EncodedHeaders.append(headers, to: &payload)
        self.init(
            source: source, offset: offset, timestamp: timestamp, payload: payload,
            key: key == nil ? nil : valueEnd..<keyEnd, value: value == nil ? nil : 0..<valueEnd,
            headers: keyEnd..<payload.count, headerCount: headers.count)
    }

    /// The value, or nil for a record without one (a tombstone).
    public var value: ArraySlice<UInt8>? { valueRange.map { payload[$0] } }

    /// The key, or nil.
    public var key: ArraySlice<UInt8>? { keyRange.map { payload[$0] } }

    /// The headers in their order, decoded anew at each call.
    public var headers: [RecordHeader] { EncodedHeaders.decode(payload[headerRange], count: headerCount) }

    /// Lends the value's bytes to `body` without copying or counting references; nil for a record without a value.
    public func withValue<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result? {
        guard let valueRange else { return nil }
        return try body(payload.span.extracting(valueRange))
    }

    /// The value of the last header of that name; nil when there is none or its value is null.
    public func header(named name: String) -> ArraySlice<UInt8>? {
        guard headerCount > 0 else { return nil }
        return EncodedHeaders.value(named: name, in: payload[headerRange], count: headerCount)
    }
}
