import BrokerCore
import KafkaProtocol
import Records
import SegmentedLog

extension Service {
    /// The producers that the partitions remember.
    func describeProducers(_ request: DescribeProducersRequest) -> DescribeProducersResponse {
        // Each once, also where a topic is named again with the same partitions.
        var seen: Set<TopicPartition> = []
        return DescribeProducersResponse(
            topics: request.topics.map { requested in
                let topic = broker.topic(named: requested.name)
                let indexes = requested.partitions.filter {
                    seen.insert(TopicPartition(topic: requested.name, partition: $0)).inserted
                }
                let partitions = indexes.map { index in
                    var result = DescribeProducersResponse.Partition(index: index)
                    guard let log = topic?[index]?.log else {
                        result.error = .unknownTopicOrPartition
                        return result
                    }
                    result.producers = log.producers.map {
                        DescribeProducersResponse.Producer(
                            id: $0.id, epoch: $0.epoch, lastSequence: $0.lastSequence, lastTimestamp: $0.lastSeen,
                            transactionStartOffset: $0.transactionFirstOffset ?? -1)
                    }
                    return result
                }
                return DescribeProducersResponse.Topic(name: requested.name, partitions: partitions)
            })
    }
}
