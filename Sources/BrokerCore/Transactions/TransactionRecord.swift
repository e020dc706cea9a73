import Records

/// Who writes a transaction: unique per transaction here, since the epoch rises with every one.
struct ProducerIdentity: Hashable, Sendable {
    var id: Int64
    var epoch: Int16
}

/// One record of `__transaction_state`: Kafka's `TransactionLogKey` and `TransactionLogValue`, both version 0.
struct TransactionRecord: Equatable {
    static let topic = "__transaction_state"

    /// Kafka's numbers.
    enum Status: Int8 {
        case empty = 0
        case ongoing
        case prepareCommit
        case prepareAbort
        case completeCommit
        case completeAbort
        case dead
        case prepareEpochFence
    }

    var transactionalId: String
    var identity: ProducerIdentity
    var status: Status
    var partitions: [TopicPartition]
    var lastUpdate: Int64

    private static let version: Int16 = 0
    /// In-process transactions have no timeout; the field says so with Kafka's largest value.
    private static let timeoutMilliseconds = Int32.max

    func encodedKey() -> [UInt8] {
        var writer = FieldWriter()
        writer.append(Self.version)
        writer.append(transactionalId)
        return writer.bytes
    }

    func encodedValue() -> [UInt8] {
        var writer = FieldWriter()
        writer.append(Self.version)
        writer.append(identity.id)
        writer.append(identity.epoch)
        writer.append(Self.timeoutMilliseconds)
        writer.append(status.rawValue)
        let topics = Dictionary(grouping: partitions.sorted(), by: \.topic).sorted { $0.key < $1.key }
        writer.append(status == .empty ? Int32(-1) : Int32(topics.count))
        for (topic, partitions) in status == .empty ? [] : topics {
            writer.append(topic)
            writer.append(Int32(partitions.count))
            for each in partitions { writer.append(each.partition) }
        }
        writer.append(lastUpdate)
        writer.append(status == .empty ? Int64(-1) : lastUpdate)
        return writer.bytes
    }

    static func decode(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(BrokerError) -> TransactionRecord {
        var keyReader = FieldReader(key)
        try check(keyReader.integer(Int16.self), of: "key")
        let transactionalId = try keyReader.string()
        var reader = FieldReader(value)
        try check(reader.integer(Int16.self), of: "value")
        let identity = ProducerIdentity(id: try reader.integer(Int64.self), epoch: try reader.integer(Int16.self))
        _ = try reader.integer(Int32.self)
        let number = try reader.integer(Int8.self)
        guard let status = Status(rawValue: number) else {
            throw BrokerError(.corrupt, "a transaction status \(number), which does not exist")
        }
        var partitions: [TopicPartition] = []
        for _ in 0..<(try reader.count()) {
            let topic = try reader.string()
            for _ in 0..<(try reader.count()) {
                partitions.append(TopicPartition(topic: topic, partition: try reader.integer(Int32.self)))
            }
        }
        return TransactionRecord(
            transactionalId: transactionalId, identity: identity, status: status, partitions: partitions,
            lastUpdate: try reader.integer(Int64.self))
    }

    private static func check(_ version: Int16, of part: String) throws(BrokerError) {
        guard version == Self.version else {
            throw BrokerError(.corrupt, "a transaction \(part) of version \(version), which this broker does not know")
        }
    }
}
