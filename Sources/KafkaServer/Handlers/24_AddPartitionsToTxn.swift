import BrokerCore
import KafkaProtocol
import Records

extension Service {
    /// All of the partitions, or none.
    func addPartitionsToTxn(_ request: AddPartitionsToTxnRequest, version: Int16) async -> AddPartitionsToTxnResponse {
        let sources = request.topics.flatMap { topic in
            topic.partitions.map { TopicPartition(topic: topic.name, partition: $0) }
        }
        let refused = sources.reduce(into: [TopicPartition: ErrorCode]()) { refused, source in
            let topic = broker.topic(named: source.topic)
            if Topic.isReadOnlyForClients(source.topic) { refused[source] = .invalidTopic }
            if topic?[source.partition] == nil { refused[source] = .unknownTopicOrPartition }
        }
        var outcome = ErrorCode.none
        if !refused.isEmpty {
            outcome = .operationNotAttempted
        } else {
            do throws(BrokerError) {
                let identity = ProducerIdentity(id: request.producerId, epoch: request.producerEpoch)
                try await broker.wireTransactions.add(sources, to: request.transactionalId, of: identity)
            } catch {
                outcome = ErrorCode(transaction: error, knowsFencing: version >= 2)
            }
        }
        return AddPartitionsToTxnResponse(
            topics: request.topics.map { topic in
                let partitions = topic.partitions.map { index in
                    (index: index, error: refused[TopicPartition(topic: topic.name, partition: index)] ?? outcome)
                }
                return AddPartitionsToTxnResponse.Topic(name: topic.name, partitions: partitions)
            })
    }
}
