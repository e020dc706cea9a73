import Compression

/// Builds record batches, one after another, keeping its working memory. Offsets count from 0: the log places the batch.
///
/// One owner at a time; it may move between threads.
///
/// `@unchecked Sendable` holds because the builder is the only owner of its state: it is not copyable, its compressor is made here and never handed
/// out, and the array it gives to a batch it forgets.
public struct RecordBatchBuilder: ~Copyable, @unchecked Sendable {
    /// The codec of the batches.
    public let compression: CompressionType

    /// How many records the next batch has so far.
    public private(set) var recordCount = 0
    /// The timestamp of the first record in milliseconds since the epoch; -1 while there is none.
    public private(set) var firstTimestamp: Int64 = -1
    /// The greatest timestamp in milliseconds since the epoch; -1 while there is none.
    public private(set) var maxTimestamp: Int64 = -1

    private let compressor: Compressor
    private var body: [UInt8] = []
    /// The length of the last batch's records, so that the next body need not grow step by step.
    private var usualBytes = 0
    private var isOverfull = false

    /// The most bytes of records that a batch's 32-bit length can count.
    private static let bodyBytesMax =
        Int(Int32.max) - (RecordBatchHeader.encodedBytes - RecordBatchHeader.uncountedBytes)

    /// - Parameters:
    ///   - compression: the codec.
    ///   - level: the codec's own scale; nil is the fastest that pays (zstd 1, gzip 1, lz4 fast).
    public init(compression: CompressionType = .none, level: Int? = nil) {
        self.compression = compression
        compressor = Compressor(compression, level: level)
    }

    /// Whether no record has been appended since the last batch.
    public var isEmpty: Bool { recordCount == 0 }

    /// The bytes of the records so far, as encoded and before compression, without the header's 61.
    public var uncompressedBytes: Int { body.count }

    /// Appends a record and copies its bytes. What does not fit into a batch's 32-bit length is reported by `build()`.
    /// - Parameters:
    ///   - key: nil for a null key.
    ///   - value: nil for a null value, which is not an empty one.
    ///   - timestamp: milliseconds since the epoch.
    ///   - headers: in the order in which they are to be read.
    public mutating func append(
        key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64, headers: [RecordHeader] = []
    ) {
        if headers.isEmpty {
            append(
                key: key, value: value, timestamp: timestamp,
                encodedHeaders: UnsafeRawBufferPointer(start: nil, count: 0), headerCount: 0)
        } else {
            let encoded = RecordEncoding.encode(headers)
            encoded.withUnsafeBytes {
                append(key: key, value: value, timestamp: timestamp, encodedHeaders: $0, headerCount: headers.count)
            }
        }
    }

    /// Appends a record from arrays, as `append(key:value:timestamp:headers:)` does from pointers.
    public mutating func append(
        keyBytes: [UInt8]?, valueBytes: [UInt8]?, timestamp: Int64, headers: [RecordHeader] = []
    ) {
        let key = keyBytes ?? []
        let value = valueBytes ?? []
        key.withUnsafeBytes { keyRoom in
            value.withUnsafeBytes { valueRoom in
                append(
                    key: keyBytes == nil ? nil : keyRoom, value: valueBytes == nil ? nil : valueRoom,
                    timestamp: timestamp, headers: headers)
            }
        }
    }

    /// Appends a record whose headers are passed on as another batch had them (`RecordView.headers` and `headerCount`), without decoding them.
    package mutating func append(
        key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64,
        encodedHeaders: UnsafeRawBufferPointer, headerCount: Int
    ) {
        // Each is at most Int.max / 2 on a machine with real memory, but the sum has to be tested before it is trusted.
        let (contents, overflowed) = (key?.count ?? 0).addingReportingOverflow(value?.count ?? 0)
        let (variable, overflowedAgain) = contents.addingReportingOverflow(encodedHeaders.count)
        let room = Self.bodyBytesMax - RecordEncoding.overheadBytesMax - body.count
        guard !overflowed, !overflowedAgain, variable <= room else {
            isOverfull = true
            return
        }
        if recordCount == 0 {
            firstTimestamp = timestamp
            maxTimestamp = timestamp
            body.reserveCapacity(usualBytes)
        }
        let record = RecordEncoding(
            timestampDelta: timestamp &- firstTimestamp, offsetDelta: recordCount, key: key, value: value,
            encodedHeaders: encodedHeaders, headerCount: headerCount)
        body.append(addingCapacity: variable + RecordEncoding.overheadBytesMax) { output in
            output.withUnsafeMutableBufferPointer { free, count in
                count = record.write(into: UnsafeMutableRawBufferPointer(free))
            }
        }
        recordCount += 1
        maxTimestamp = max(maxTimestamp, timestamp)
    }

    /// Compresses and seals the records appended since the last batch, and starts the next one.
    ///
    /// The batch has base offset 0, leader epoch -1 and no producer.
    /// - Throws: `RecordsError`: `.empty` without records, `.tooLarge` if a record did not fit; the builder is empty afterwards in any case.
    public mutating func build() throws(RecordsError) -> RecordBatch {
        defer { reset() }
        guard !isOverfull else {
            throw RecordsError(.tooLarge, "the records are more than the \(Self.bodyBytesMax) bytes a batch can hold")
        }
        guard recordCount > 0 else { throw RecordsError(.empty, "a batch needs a record") }
        let encoded = try sealedBody()
        guard encoded.count <= Self.bodyBytesMax else {
            throw RecordsError(.tooLarge, "the compressed records are more than \(Self.bodyBytesMax) bytes")
        }
        return RecordBatch(
            sealing: RecordBatchHeader(
                compression: compression, recordCount: Int32(recordCount), baseTimestamp: firstTimestamp,
                maxTimestamp: maxTimestamp),
            body: encoded)
    }

    /// The records as the batch will keep them. An uncompressed body that fills its array well is given away instead of copied.
    private mutating func sealedBody() throws(RecordsError) -> [UInt8] {
        usualBytes = body.count
        if compression == .none {
            guard body.count > body.capacity / 2 else { return body.withUnsafeBufferPointer { [UInt8]($0) } }
            let given = body
            body = []
            return given
        }
        var compressed: [UInt8] = []
        do throws(CompressionError) {
            try body.withUnsafeBufferPointer { (bytes) throws(CompressionError) in
                try compressor.compress(UnsafeRawBufferPointer(bytes), appendingTo: &compressed)
            }
        } catch {
            throw RecordsError(compression: error)
        }
        return compressed
    }

    private mutating func reset() {
        body.removeAll(keepingCapacity: true)
        recordCount = 0
        firstTimestamp = -1
        maxTimestamp = -1
        isOverfull = false
    }
}
