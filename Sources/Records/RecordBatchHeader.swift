import Compression

/// Who set a batch's timestamps.
public enum TimestampType: Sendable, Equatable {
    /// The producer: every record has its own.
    case createTime
    /// The log: every record has the batch's `maxTimestamp`.
    case logAppendTime
}

/// The first 61 bytes of a record batch, format version 2; `docs/formats/record-batch.md` draws them.
public struct RecordBatchHeader: Sendable, Equatable {
    /// The offset of the batch's first record, also when compaction has taken that record away.
    public internal(set) var baseOffset: Int64
    /// The bytes after this field: 49 of the header and those of the records.
    public internal(set) var batchLength: Int32
    /// The leader's epoch at the time of the append; -1 if unknown.
    public internal(set) var partitionLeaderEpoch: Int32
    /// CRC-32C of all bytes from the attributes on.
    public internal(set) var crc: UInt32
    /// Bits 0-2 codec, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon; the others are 0.
    public internal(set) var attributes: Int16
    /// The last record's offset less `baseOffset`, as built: compaction does not change it.
    public internal(set) var lastOffsetDelta: Int32
    /// What the records' timestamp deltas add to, in milliseconds since the epoch.
    public internal(set) var baseTimestamp: Int64
    /// The records' greatest timestamp, in milliseconds since the epoch; -1 if there is none.
    public internal(set) var maxTimestamp: Int64
    /// The idempotent or transactional producer's number; -1 for none.
    public internal(set) var producerId: Int64
    /// The producer's epoch; -1 for none.
    public internal(set) var producerEpoch: Int16
    /// The first record's number in the producer's sequence; -1 for none.
    public internal(set) var baseSequence: Int32
    /// How many records there are; fewer than `lastOffsetDelta + 1` after compaction.
    public internal(set) var recordCount: Int32

    /// The length of an encoded header.
    package static let encodedBytes = 61
    /// What `batchLength` does not count: itself and the base offset.
    package static let uncountedBytes = 12
    /// The first byte the checksum covers.
    static let checkedFrom = 21

    /// In `attributes`: the log set the timestamps.
    static let logAppendTimeBit: Int16 = 0x08
    /// In `attributes`: the batch belongs to a transaction.
    static let transactionalBit: Int16 = 0x10
    /// In `attributes`: the batch is a transaction's marker.
    static let controlBit: Int16 = 0x20

    /// The codec of the records; nil for a number that Kafka's format does not define, which no validated header has.
    package var compressionIfKnown: CompressionType? { CompressionType(rawValue: UInt8(attributes & 0x07)) }

    /// The codec of the records.
    public var compression: CompressionType { compressionIfKnown ?? .none }
    /// Who set the timestamps.
    public var timestampType: TimestampType { attributes & Self.logAppendTimeBit == 0 ? .createTime : .logAppendTime }
    /// Whether the records belong to a transaction of `producerId`.
    public var isTransactional: Bool { attributes & Self.transactionalBit != 0 }
    /// Whether the batch is a marker of the transaction protocol, not data.
    public var isControl: Bool { attributes & Self.controlBit != 0 }
    /// The offset of the last record.
    public var lastOffset: Int64 { baseOffset + Int64(lastOffsetDelta) }
    /// The offset after the last record.
    public var nextOffset: Int64 { lastOffset + 1 }
    /// The length of the whole batch in bytes.
    public var sizeInBytes: Int { Self.uncountedBytes + Int(batchLength) }
    /// The length of the records as they are encoded, compressed or not.
    var bodyBytes: Int { sizeInBytes - Self.encodedBytes }
}

extension RecordBatchHeader {
    /// The header of a new batch of consecutive records, without a place, a producer, a length and a checksum.
    init(compression: CompressionType, recordCount: Int32, baseTimestamp: Int64, maxTimestamp: Int64) {
        baseOffset = 0
        batchLength = 0
        partitionLeaderEpoch = -1
        crc = 0
        attributes = Int16(compression.rawValue)
        lastOffsetDelta = recordCount - 1
        self.baseTimestamp = baseTimestamp
        self.maxTimestamp = maxTimestamp
        producerId = -1
        producerEpoch = -1
        baseSequence = -1
        self.recordCount = recordCount
    }

    /// The header after compaction has taken records away.
    func retaining(recordCount: Int32, maxTimestamp: Int64) -> Self {
        var header = self
        header.recordCount = recordCount
        header.maxTimestamp = maxTimestamp
        return header
    }

    /// Reads the header at the start of `bytes`, which need not be trusted: checks version, codec, length, offsets and counts, but not the checksum.
    /// - Throws: `.truncated` if there are fewer than 61 bytes; the rest of the batch need not be there.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(RecordsError) {
        guard bytes.count >= Self.encodedBytes else {
            throw RecordsError(.truncated, "\(bytes.count) bytes are too few for a record batch's header")
        }
        let version = bytes.load(fromByteOffset: 16, as: Int8.self)
        guard version == 2 else {
            throw RecordsError(.unsupportedVersion, "record batch version \(version) is not supported", byteOffset: 16)
        }
        baseOffset = bytes.bigEndian(at: 0)
        batchLength = bytes.bigEndian(at: 8)
        partitionLeaderEpoch = bytes.bigEndian(at: 12)
        crc = bytes.bigEndian(at: 17)
        attributes = bytes.bigEndian(at: 21)
        lastOffsetDelta = bytes.bigEndian(at: 23)
        baseTimestamp = bytes.bigEndian(at: 27)
        maxTimestamp = bytes.bigEndian(at: 35)
        producerId = bytes.bigEndian(at: 43)
        producerEpoch = bytes.bigEndian(at: 51)
        baseSequence = bytes.bigEndian(at: 53)
        recordCount = bytes.bigEndian(at: 57)
        try validate()
    }

    /// Everything that later arithmetic on the fields relies on.
    private func validate() throws(RecordsError) {
        guard Int(batchLength) >= Self.encodedBytes - Self.uncountedBytes else {
            throw RecordsError(.corrupt, "a batch length of \(batchLength) is too short for the header", byteOffset: 8)
        }
        guard compressionIfKnown != nil else {
            throw RecordsError(.unsupportedCompression, "codec \(attributes & 0x07) is unknown", byteOffset: 21)
        }
        guard lastOffsetDelta >= 0 else {
            throw RecordsError(.corrupt, "the last offset delta is \(lastOffsetDelta)", byteOffset: 23)
        }
        guard baseOffset >= 0, baseOffset < Int64.max - Int64(lastOffsetDelta) else {
            throw RecordsError(.corrupt, "the base offset is \(baseOffset)", byteOffset: 0)
        }
        guard recordCount >= 0, Int64(recordCount) <= Int64(lastOffsetDelta) + 1 else {
            throw RecordsError(
                .corrupt, "there cannot be \(recordCount) records with a last offset delta of \(lastOffsetDelta)",
                byteOffset: 57)
        }
        guard compression != .none || Int(recordCount) <= bodyBytes / RecordParser.recordBytesMin else {
            throw RecordsError(.corrupt, "\(recordCount) records do not fit into \(bodyBytes) bytes", byteOffset: 57)
        }
    }

    /// Writes the 61 bytes to the start of `bytes`, which must have room for them.
    package func encode(into bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBigEndian(baseOffset, at: 0)
        bytes.storeBigEndian(batchLength, at: 8)
        bytes.storeBigEndian(partitionLeaderEpoch, at: 12)
        bytes.storeBigEndian(Int8(2), at: 16)
        bytes.storeBigEndian(crc, at: 17)
        bytes.storeBigEndian(attributes, at: 21)
        bytes.storeBigEndian(lastOffsetDelta, at: 23)
        bytes.storeBigEndian(baseTimestamp, at: 27)
        bytes.storeBigEndian(maxTimestamp, at: 35)
        bytes.storeBigEndian(producerId, at: 43)
        bytes.storeBigEndian(producerEpoch, at: 51)
        bytes.storeBigEndian(baseSequence, at: 53)
        bytes.storeBigEndian(recordCount, at: 57)
    }

    /// The checksum that belongs to these fields and those records.
    func checksum(body: UnsafeRawBufferPointer) -> UInt32 { CRC32C.extend(checksumOfFields, body) }

    /// The checksum up to the records.
    var checksumOfFields: UInt32 {
        withUnsafeTemporaryAllocation(byteCount: Self.encodedBytes, alignment: 8) { header in
            encode(into: header)
            return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: header[Self.checkedFrom..<Self.encodedBytes]))
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(at index: Int) -> Value {
        Value(bigEndian: loadUnaligned(fromByteOffset: index, as: Value.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func storeBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at index: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: index, as: Value.self)
    }
}
