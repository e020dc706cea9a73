import Compression

/// A record batch, format version 2: an immutable header value and the encoded records, whose bytes are shared with where they came from.
///
/// Changing the header (`placed`, `stamped`) copies no record. The header has been validated; the records within are validated by `records()`.
public struct RecordBatch: Sendable {
    /// The most bytes that `records()` lets a batch decompress to, unless told otherwise.
    public static let payloadBytesMaxByDefault = 128 << 20

    /// The header's fields.
    public let header: RecordBatchHeader

    private let storage: [UInt8]
    private let bodyStart: Int

    /// The batch of `header` and of `storage[bodyStart...]`, as far as the header says. Precondition: that many bytes are there.
    init(header: RecordBatchHeader, storage: [UInt8], bodyStart: Int) {
        precondition(bodyStart >= 0 && header.bodyBytes <= storage.count - bodyStart)
        self.header = header
        self.storage = storage
        self.bodyStart = bodyStart
    }

    /// The batch of those records; fills in the length and the checksum. Precondition: `body` fits into the 32-bit length.
    init(sealing header: RecordBatchHeader, body: [UInt8]) {
        var header = header
        header.batchLength = Int32(RecordBatchHeader.encodedBytes - RecordBatchHeader.uncountedBytes + body.count)
        header.crc = body.withUnsafeBytes { header.checksum(body: $0) }
        self.init(header: header, storage: body, bodyStart: 0)
    }

    /// The one batch that fills `bytes[range]`, which need not be trusted; shares `bytes`.
    /// - Throws: `RecordsError` if the header is invalid, if the length is not that of the range, or if the checksum does not match.
    public init(validating bytes: [UInt8], range: Range<Int>) throws(RecordsError) {
        let batch = try Self(leading: bytes, range: range)
        guard batch.sizeInBytes == range.count else {
            throw RecordsError(.corrupt, "\(range.count - batch.sizeInBytes) bytes follow the batch", byteOffset: 8)
        }
        self = batch
    }

    /// The batch at the start of `bytes[range]`; more may follow it.
    private init(leading bytes: [UInt8], range: Range<Int>) throws(RecordsError) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw RecordsError(.truncated, "the range \(range) reaches beyond the \(bytes.count) bytes given")
        }
        let header = try bytes.withUnsafeBufferPointer { (all) throws(RecordsError) in
            let region = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(all)[range])
            let header = try RecordBatchHeader(parsing: region)
            guard header.sizeInBytes <= region.count else {
                throw RecordsError(
                    .truncated, "\(region.count) bytes are too few for a batch of \(header.sizeInBytes)", byteOffset: 8)
            }
            let checked = region[RecordBatchHeader.checkedFrom..<header.sizeInBytes]
            let crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: checked))
            guard crc == header.crc else {
                throw RecordsError(
                    .checksumMismatch, "the checksum is \(crc), the header says \(header.crc)", byteOffset: 17)
            }
            return header
        }
        self.init(header: header, storage: bytes, bodyStart: range.lowerBound + RecordBatchHeader.encodedBytes)
    }

    /// The whole batches at the start of `bytes[range]`, one after another, sharing `bytes`; a batch whose end lies beyond the range is left
    /// out, as is an incomplete header. The sum of their sizes is how far the range was understood.
    /// - Throws: `RecordsError` for a whole batch that is invalid; its `byteOffset` counts from the start of the range.
    package static func batches(in bytes: [UInt8], range: Range<Int>) throws(RecordsError) -> [RecordBatch] {
        var batches: [RecordBatch] = []
        var position = range.lowerBound
        while position < range.upperBound {
            do throws(RecordsError) {
                let batch = try Self(leading: bytes, range: position..<range.upperBound)
                position += batch.sizeInBytes
                batches.append(batch)
            } catch {
                if error.code == .truncated { break }
                throw RecordsError(
                    error.code, error.message, byteOffset: position - range.lowerBound + (error.byteOffset ?? 0),
                    cause: error.cause)
            }
        }
        return batches
    }

    /// The offset of the first record, as the log has placed it; 0 before.
    public var baseOffset: Int64 { header.baseOffset }
    /// The offset of the last record.
    public var lastOffset: Int64 { header.lastOffset }
    /// The offset after the last record.
    public var nextOffset: Int64 { header.nextOffset }
    /// How many records there are.
    public var recordCount: Int { Int(header.recordCount) }
    /// The length of the encoded batch in bytes.
    public var sizeInBytes: Int { header.sizeInBytes }
    /// The records' greatest timestamp in milliseconds since the epoch; -1 if there is none.
    public var maxTimestamp: Int64 { header.maxTimestamp }

    /// The batch at its place in a partition. Both fields lie outside the checksum. Precondition: `lastOffset` stays below `Int64.max`.
    package func placed(at baseOffset: Int64, leaderEpoch: Int32) -> RecordBatch {
        var header = header
        header.baseOffset = baseOffset
        header.partitionLeaderEpoch = leaderEpoch
        return RecordBatch(header: header, storage: storage, bodyStart: bodyStart)
    }

    /// The batch as that producer's, with a new checksum. `baseSequence` is the first record's number in the producer's sequence.
    package func stamped(
        producerId: Int64, producerEpoch: Int16, baseSequence: Int32, isTransactional: Bool
    ) -> RecordBatch {
        var header = header
        header.producerId = producerId
        header.producerEpoch = producerEpoch
        header.baseSequence = baseSequence
        header.attributes &= ~RecordBatchHeader.transactionalBit
        if isTransactional { header.attributes |= RecordBatchHeader.transactionalBit }
        return sealed(header)
    }

    /// The batch with that time, in milliseconds since the epoch, as the one timestamp of its records (Kafka's LogAppendTime), and a new checksum.
    package func stamped(logAppendTime: Int64) -> RecordBatch {
        var header = header
        header.attributes |= RecordBatchHeader.logAppendTimeBit
        header.maxTimestamp = logAppendTime
        return sealed(header)
    }

    /// The records under another header, whose checksum is set.
    private func sealed(_ header: RecordBatchHeader) -> RecordBatch {
        var header = header
        // Without reading the records again, which took a fifteenth of the agent's time.
        header.crc = CRC32C.replacing(
            self.header.crc, beginning: self.header.checksumOfFields, with: header.checksumOfFields,
            bytesBehind: withUnsafeBody { $0.count })
        return RecordBatch(header: header, storage: storage, bodyStart: bodyStart)
    }

    /// Lends the 61 bytes of the header and the bytes of the records, for a gathering write. Neither pointer may leave the closure.
    package func withUnsafeParts<R, E: Error>(
        _ body: (_ header: UnsafeRawBufferPointer, _ records: UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try withUnsafeTemporaryAllocation(byteCount: RecordBatchHeader.encodedBytes, alignment: 8) {
            (room) throws(E) in
            header.encode(into: room)
            return try withUnsafeBody { (records) throws(E) in try body(UnsafeRawBufferPointer(room), records) }
        }
    }

    /// The batch in one piece.
    public func encoded() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: sizeInBytes) { room, count in
            let bytes = UnsafeMutableRawBufferPointer(room)
            header.encode(into: bytes)
            withUnsafeBody { records in
                UnsafeMutableRawBufferPointer(rebasing: bytes[RecordBatchHeader.encodedBytes...]).copyMemory(
                    from: records)
            }
            count = sizeInBytes
        }
    }

    /// Decompresses and validates the records.
    /// - Parameter payloadBytesMax: the most bytes they may decompress to.
    /// - Throws: `RecordsError`: `.corrupt`, or `.tooLarge` beyond that limit.
    public func records(payloadBytesMax: Int = payloadBytesMaxByDefault) throws(RecordsError) -> DecodedRecords {
        try records(using: Decompressor(), payloadBytesMax: payloadBytesMax)
    }

    /// Decompresses and validates the records with a decompressor that is kept between batches.
    package func records(
        using decompressor: Decompressor, payloadBytesMax: Int = payloadBytesMaxByDefault
    ) throws(RecordsError) -> DecodedRecords {
        if header.compression == .none {
            guard header.bodyBytes <= payloadBytesMax else {
                throw RecordsError(.tooLarge, "\(header.bodyBytes) bytes of records are more than \(payloadBytesMax)")
            }
            return try DecodedRecords(
                payload: storage, records: bodyStart..<(bodyStart + header.bodyBytes), header: header)
        }
        let payload: [UInt8]
        do throws(CompressionError) {
            payload = try withUnsafeBody { (body) throws(CompressionError) in
                try decompressor.decompress(body, type: header.compression, limit: payloadBytesMax)
            }
        } catch {
            throw RecordsError(compression: error)
        }
        guard Int(header.recordCount) <= payload.count / RecordParser.recordBytesMin else {
            throw RecordsError(
                .corrupt, "\(header.recordCount) records do not fit into \(payload.count) decompressed bytes",
                byteOffset: 57)
        }
        return try DecodedRecords(payload: payload, records: payload.indices, header: header)
    }

    private func withUnsafeBody<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try storage.withUnsafeBufferPointer { (bytes) throws(E) in
            let records = UnsafeRawBufferPointer(bytes)[bodyStart..<(bodyStart + header.bodyBytes)]
            return try body(UnsafeRawBufferPointer(rebasing: records))
        }
    }
}

extension RecordsError {
    init(compression error: CompressionError) {
        let code: Code =
            switch error.code {
            case .corrupt: .corrupt
            case .limitExceeded: .tooLarge
            case .failed: .compressionFailed
            }
        self.init(code, "the records' compression", cause: error)
    }
}
