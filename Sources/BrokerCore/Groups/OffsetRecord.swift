import Records

/// One record of `__consumer_offsets`: Kafka's `OffsetCommitKey` version 1 and `OffsetCommitValue` version 3.
struct OffsetRecord: Equatable {
    static let topic = "__consumer_offsets"

    var group: String
    var source: TopicPartition
    /// nil is a tombstone: the group has no position in the partition.
    var position: CommittedPosition?

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
        writer.append(Int32(-1))
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
        guard let value else { return OffsetRecord(group: group, source: source, position: nil) }
        return OffsetRecord(group: group, source: source, position: try decodeValue(value))
    }

    private static func decodeValue(_ value: ArraySlice<UInt8>) throws(BrokerError) -> CommittedPosition {
        var reader = FieldReader(value)
        let version = try reader.integer(Int16.self)
        guard (0...3).contains(version) else {
            throw BrokerError(.corrupt, "an offset value of version \(version), which this broker does not know")
        }
        let offset = try reader.integer(Int64.self)
        if version == 3 { _ = try reader.integer(Int32.self) }
        return CommittedPosition(offset: offset, metadata: try reader.string())
    }
}
