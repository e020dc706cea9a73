import Records

/// One record of `__consumer_offsets`: Kafka's `OffsetCommitKey` version 1 and `OffsetCommitValue` version 3.
struct OffsetRecord: Equatable {
    static let topic = "__consumer_offsets"

    var group: String
    var source: TopicPartition
    /// nil is a tombstone: the group has no position in the partition.
    var position: CommittedPosition?
    /// When it was committed, in milliseconds since the epoch; nil where that is now.
    var committedAt: Int64?

    /// About what a position takes in memory under this group and partition; nothing where there is none.
    func sizeInBytes(with position: CommittedPosition?) -> Int {
        position.map { Self.overheadBytes + group.utf8.count + source.topic.utf8.count + $0.metadata.utf8.count } ?? 0
    }

    private static let overheadBytes = 280
    private static let keyVersion: Int16 = 1
    private static let valueVersion: Int16 = 3

    func encodedKey() -> [UInt8] {
        var writer = FieldWriter()
        writer.append(Self.keyVersion)
        writer.append(group)
        writer.append(source.topic)
        writer.append(source.partition)
        return writer.bytes
    }

    func encodedValue(timestamp: Int64) -> [UInt8]? {
        guard let position else { return nil }
        var writer = FieldWriter()
        writer.append(Self.valueVersion)
        writer.append(position.offset)
        writer.append(position.leaderEpoch)
        writer.append(position.metadata)
        writer.append(timestamp)
        return writer.bytes
    }

    /// nil for the keys of other kinds that Kafka keeps in the same topic (version 2 and up: group metadata).
    static func decode(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>?) throws(BrokerError) -> OffsetRecord? {
        var reader = FieldReader(key)
        // Key versions 0 and 1 are the same bytes.
        guard (0...1).contains(try reader.integer(Int16.self)) else { return nil }
        let group = try reader.string()
        let source = TopicPartition(topic: try reader.string(), partition: try reader.integer(Int32.self))
        var record = OffsetRecord(group: group, source: source)
        if let value { try record.decode(value) }
        return record
    }

    private mutating func decode(_ value: ArraySlice<UInt8>) throws(BrokerError) {
        var reader = FieldReader(value)
        let version = try reader.integer(Int16.self)
        guard (0...3).contains(version) else {
            throw BrokerError(.corrupt, "an offset value of version \(version), which this broker does not know")
        }
        let offset = try reader.integer(Int64.self)
        let leaderEpoch = version == 3 ? try reader.integer(Int32.self) : -1
        position = CommittedPosition(offset: offset, metadata: try reader.string(), leaderEpoch: leaderEpoch)
        committedAt = try reader.integer(Int64.self)
    }
}
