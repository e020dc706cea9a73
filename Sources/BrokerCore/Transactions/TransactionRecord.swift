import Records

/// Who writes a transaction. Of a producer in this process it is unique per transaction, since the epoch rises with every one; of a client's it stays the same
/// until it is initialised anew or fenced.
package struct ProducerIdentity: Hashable, Sendable {
    package var id: Int64
    package var epoch: Int16

    package init(id: Int64, epoch: Int16) {
        self.id = id
        self.epoch = epoch
    }
}

/// One record of `__transaction_state`: Kafka's `TransactionLogKey` and `TransactionLogValue`, both version 0.
package struct TransactionRecord: Equatable, Sendable {
    static let topic = "__transaction_state"

    /// Kafka's numbers.
    package enum Status: Int8, Sendable, CaseIterable {
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
    /// After so long a transaction is aborted.
    var timeoutMilliseconds = withoutTimeout
    /// When it began, in milliseconds since the epoch; -1 where none did.
    var start: Int64 = -1
    var lastUpdate: Int64

    private static let version: Int16 = 0
    /// In-process transactions have no timeout; the field says so with Kafka's largest value, which no client may ask for.
    private static let withoutTimeout = Int32.max

    /// Whether it is that of a client's producer, which outlives the broker.
    var isOfClient: Bool { timeoutMilliseconds != Self.withoutTimeout }

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
        writer.append(timeoutMilliseconds)
        writer.append(status.rawValue)
        let topics = Dictionary(grouping: partitions.sorted(), by: \.topic).sorted { $0.key < $1.key }
        writer.append(status == .empty ? Int32(-1) : Int32(topics.count))
        for (topic, partitions) in status == .empty ? [] : topics {
            writer.append(topic)
            writer.append(Int32(partitions.count))
            for each in partitions { writer.append(each.partition) }
        }
        writer.append(lastUpdate)
        writer.append(start)
        return writer.bytes
    }

    static func decodeKey(_ key: ArraySlice<UInt8>) throws(BrokerError) -> String {
        var reader = FieldReader(key)
        try check(reader.integer(Int16.self), of: "key")
        return try reader.string()
    }

    static func decode(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(BrokerError) -> TransactionRecord {
        let transactionalId = try decodeKey(key)
        var reader = FieldReader(value)
        try check(reader.integer(Int16.self), of: "value")
        let identity = ProducerIdentity(id: try reader.integer(Int64.self), epoch: try reader.integer(Int16.self))
        let timeout = try reader.integer(Int32.self)
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
        let lastUpdate = try reader.integer(Int64.self)
        return TransactionRecord(
            transactionalId: transactionalId, identity: identity, status: status, partitions: partitions,
            timeoutMilliseconds: timeout, start: try reader.integer(Int64.self), lastUpdate: lastUpdate)
    }

    private static func check(_ version: Int16, of part: String) throws(BrokerError) {
        guard version == Self.version else {
            throw BrokerError(.corrupt, "a transaction \(part) of version \(version), which this broker does not know")
        }
    }
}
