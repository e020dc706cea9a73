import BrokerCore
import KafkaProtocol

extension Service {
    /// Tells the end of the one epoch there has ever been.
    func offsetForLeaderEpoch(_ request: OffsetForLeaderEpochRequest) -> OffsetForLeaderEpochResponse {
        OffsetForLeaderEpochResponse(
            topics: request.topics.map { requested in
                let topic = broker.topic(named: requested.name)
                let partitions = requested.partitions.map { wanted in
                    var result = OffsetForLeaderEpochResponse.Partition(index: wanted.index)
                    guard let log = topic?[wanted.index]?.log else {
                        result.error = .unknownTopicOrPartition
                        return result
                    }
                    guard wanted.currentEpoch <= 0 else {
                        result.error = .unknownLeaderEpoch
                        return result
                    }
                    // Of a later epoch nothing is known, as in Kafka.
                    if wanted.epoch == 0 { (result.epoch, result.endOffset) = (0, log.highWatermark) }
                    return result
                }
                return OffsetForLeaderEpochResponse.Topic(name: requested.name, partitions: partitions)
            })
    }
}
