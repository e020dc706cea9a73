import Records

/// A group's durable place in one partition.
package struct CommittedPosition: Sendable, Hashable {
    /// The offset of the next record to process.
    package var offset: Int64
    /// What the consumer wishes to be told when it continues from here.
    package var metadata: String
    /// The epoch of the leader that the last record came from, as the consumer knows it; -1 where it does not say.
    package var leaderEpoch: Int32

    /// The longest metadata in bytes, Kafka's limit.
    package static let metadataBytesMax = 4096

    package init(offset: Int64, metadata: String = "", leaderEpoch: Int32 = -1) {
        self.offset = offset
        self.metadata = metadata
        self.leaderEpoch = leaderEpoch
    }

    func validate(for source: TopicPartition) throws(BrokerError) {
        guard offset >= 0 else { throw BrokerError(.invalid, "\(source): the position \(offset) is below 0") }
        guard metadata.utf8.count <= Self.metadataBytesMax else {
            throw BrokerError(
                .invalid,
                "\(source): the position's metadata has \(metadata.utf8.count) bytes, at most \(Self.metadataBytesMax) fit"
            )
        }
    }
}
