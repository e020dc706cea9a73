import BrokerCore
import KafkaProtocol
import SegmentedLog

extension Service {
    /// The producers that the partitions remember.
    func describeProducers(_ request: DescribeProducersRequest) -> DescribeProducersResponse {
        DescribeProducersResponse(
            topics: request.topics.once(by: \.name).map { requested in
                let topic = broker.topic(named: requested.name)
                let partitions = requested.partitions.once(by: \.self).map { index in
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
