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
    private var body = RecordBuffer()
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
            let encoded = headers.encoded()
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
        let limit = Self.bodyBytesMax - NewRecord.overheadBytesMax - body.count
        let keyBytes = key?.count ?? 0
        let valueBytes = value?.count ?? 0
        // Each for itself first: then the sum cannot overflow.
        guard keyBytes <= limit, valueBytes <= limit, encodedHeaders.count <= limit,
            keyBytes + valueBytes + encodedHeaders.count <= limit
        else {
            isOverfull = true
            return
        }
        if recordCount == 0 {
            firstTimestamp = timestamp
            maxTimestamp = timestamp
        }
        body.append(
            NewRecord(
                timestampDelta: timestamp &- firstTimestamp, offsetDelta: recordCount, key: key, value: value,
                encodedHeaders: encodedHeaders, headerCount: headerCount),
            contentBytes: keyBytes + valueBytes + encodedHeaders.count)
        recordCount += 1
        maxTimestamp = max(maxTimestamp, timestamp)
    }

    /// Appends a record that is nothing but a value, as a line of a log is: half the time of `append(key:value:timestamp:headers:)`.
    package mutating func append(value: UnsafeRawBufferPointer, timestamp: Int64) {
        guard value.count <= Self.bodyBytesMax - NewRecord.overheadBytesMax - body.count else {
            isOverfull = true
            return
        }
        if recordCount == 0 {
            firstTimestamp = timestamp
            maxTimestamp = timestamp
        }
        body.append(value: value, timestampDelta: timestamp &- firstTimestamp, offsetDelta: recordCount)
        recordCount &+= 1
        if timestamp > maxTimestamp { maxTimestamp = timestamp }
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

    /// The records as the batch will keep them.
    private mutating func sealedBody() throws(RecordsError) -> [UInt8] {
        guard compression != .none else { return body.take() }
        var sealed: [UInt8] = []
        do throws(CompressionError) {
            try body.withUnsafeBytes { (bytes) throws(CompressionError) in
                try compressor.compress(bytes, appendingTo: &sealed)
            }
        } catch {
            throw RecordsError(compression: error)
        }
        return sealed
    }

    private mutating func reset() {
        body.removeAll()
        recordCount = 0
        firstTimestamp = -1
        maxTimestamp = -1
        isOverfull = false
    }
}
