import Compression

/// The records of one batch, decompressed and validated to the last byte, so that iterating cannot fail and allocates nothing.
///
/// Iteration gives the records in the order of their offsets, which strictly increase but may have gaps after compaction.
public struct DecodedRecords: Sequence, Sendable {
    /// The bytes that the views' ranges point into. For an uncompressed batch these are the bytes the batch came in, shared.
    public let payload: [UInt8]
    /// How many records there are.
    public let count: Int

    private let records: Range<Int>
    private let baseOffset: Int64
    private let baseTimestamp: Int64
    private let appendTime: Int64?

    /// Validates the records in `payload[records]` against `header`.
    init(payload: [UInt8], records: Range<Int>, header: RecordBatchHeader) throws(RecordsError) {
        self.payload = payload
        self.records = records
        count = Int(header.recordCount)
        baseOffset = header.baseOffset
        baseTimestamp = header.baseTimestamp
        appendTime = header.timestampType == .logAppendTime ? header.maxTimestamp : nil
        try payload.withUnsafeBufferPointer { (bytes) throws(RecordsError) in
            try Self.validate(UnsafeRawBufferPointer(bytes), records: records, header: header)
        }
    }

    private static func validate(
        _ bytes: UnsafeRawBufferPointer, records: Range<Int>, header: RecordBatchHeader
    ) throws(RecordsError) {
        var parser = RecordParser(bytes, from: records.lowerBound, to: records.upperBound)
        do throws(RecordDefect) {
            var previousDelta: Int32 = -1
            for _ in 0..<header.recordCount {
                let record = try parser.nextRecord()
                guard record.offsetDelta > previousDelta, record.offsetDelta <= header.lastOffsetDelta else {
                    throw .offsetOutOfOrder
                }
                previousDelta = record.offsetDelta
                try validateHeaders(of: record, in: bytes)
            }
        } catch {
            throw RecordsError(
                .corrupt, "\(error.message) (in the decompressed records)",
                byteOffset: parser.position - records.lowerBound)
        }
        guard parser.position == records.upperBound else {
            throw RecordsError(
                .corrupt,
                "\(records.upperBound - parser.position) bytes follow the last record (in the decompressed records)",
                byteOffset: parser.position - records.lowerBound)
        }
    }

    @inline(__always)
    private static func validateHeaders(
        of record: RecordParser.Fields, in bytes: UnsafeRawBufferPointer
    ) throws(RecordDefect) {
        var headers = RecordParser(bytes, from: record.headersFrom, to: record.end)
        // A hostile count ends the loop with `.truncated` as soon as the record's bytes are used up.
        for _ in 0..<record.headerCount { _ = try headers.nextHeader() }
        guard headers.position == record.end else { throw .lengthMismatch }
    }

    /// Gives the records one after another.
    public struct Iterator: IteratorProtocol {
        private let decoded: DecodedRecords
        private var position: Int

        fileprivate init(_ decoded: DecodedRecords) {
            self.decoded = decoded
            position = decoded.records.lowerBound
        }

        /// The next record, or nil after the last.
        public mutating func next() -> RecordView? {
            guard position < decoded.records.upperBound else { return nil }
            let end = decoded.records.upperBound
            let fields = decoded.payload.withUnsafeBytes { bytes in
                var parser = RecordParser(bytes, from: position, to: end)
                // Validated at creation: this is nil for no bytes that got here.
                return try? parser.nextRecord()
            }
            guard let fields else { return nil }
            position = fields.end
            return RecordView(
                offset: decoded.baseOffset + Int64(fields.offsetDelta),
                timestamp: decoded.appendTime ?? decoded.baseTimestamp &+ fields.timestampDelta, key: fields.key,
                value: fields.value, headers: fields.headersFrom..<fields.end, headerCount: fields.headerCount,
                encoded: fields.start..<fields.end)
        }
    }

    /// The records from the first on.
    public func makeIterator() -> Iterator { Iterator(self) }

    /// The first record; nil in a batch that compaction has emptied.
    public var first: RecordView? {
        var iterator = makeIterator()
        return iterator.next()
    }

    /// The exact number of records.
    public var underestimatedCount: Int { count }

    /// The headers of one of these records, in their order.
    public func headers(of record: RecordView) -> [RecordHeader] {
        guard record.headerCount > 0 else { return [] }
        return payload.withUnsafeBytes { bytes in
            var parser = RecordParser(bytes, from: record.headers.lowerBound, to: record.headers.upperBound)
            var headers: [RecordHeader] = []
            // A view of another batch gives nonsense here, but no read beyond the payload.
            while headers.count < record.headerCount, let header = try? parser.nextHeader() {
                headers.append(
                    RecordHeader(
                        name: String(decoding: bytes[header.name], as: UTF8.self),
                        value: header.value.map { [UInt8](bytes[$0]) }))
            }
            return headers
        }
    }

    /// The bytes of a key or value, sharing the payload.
    public func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> { payload[range] }
}
