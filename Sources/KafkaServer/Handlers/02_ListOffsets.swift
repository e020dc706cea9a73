import BrokerCore
import KafkaProtocol
import Records
import SegmentedLog

extension Service {
    /// Looks each offset up; of a partition that is named twice none, as Kafka does.
    func listOffsets(_ request: ListOffsetsRequest) -> ListOffsetsResponse {
        let twice = repeated(
            request.topics.flatMap { topic in
                topic.partitions.map { TopicPartition(topic: topic.name, partition: $0.index) }
            })
        return ListOffsetsResponse(
            topics: request.topics.map { requested in
                let topic = broker.topic(named: requested.name)
                let partitions = requested.partitions.map { wanted in
                    var result = ListOffsetsResponse.Partition(index: wanted.index)
                    guard !twice.contains(TopicPartition(topic: requested.name, partition: wanted.index)) else {
                        result.error = .invalidRequest
                        return result
                    }
                    guard let log = topic?[wanted.index]?.log else {
                        result.error = .unknownTopicOrPartition
                        return result
                    }
                    guard wanted.leaderEpoch <= 0 else {
                        result.error = .unknownLeaderEpoch
                        return result
                    }
                    guard wanted.timestamp >= ListOffsetsRequest.latestTiered else {
                        result.error = .unsupportedVersion
                        return result
                    }
                    do throws(LogError) {
                        let found = try find(wanted.timestamp, in: log, isReadCommitted: request.isReadCommitted)
                        (result.offset, result.timestamp) = (found.offset, found.timestamp)
                        // There has never been another leader. Without an offset there is no epoch either.
                        if found.offset >= 0 { result.leaderEpoch = 0 }
                    } catch {
                        result.error = ErrorCode(error)
                    }
                    return result
                }
                return ListOffsetsResponse.Topic(name: requested.name, partitions: partitions)
            })
    }

    private func find(
        _ timestamp: Int64, in log: PartitionLog, isReadCommitted: Bool
    ) throws(LogError) -> (offset: Int64, timestamp: Int64) {
        switch timestamp {
        case ListOffsetsRequest.latest: return (isReadCommitted ? log.lastStableOffset : log.highWatermark, -1)
        case ListOffsetsRequest.earliest, ListOffsetsRequest.earliestLocal: return (log.startOffset, -1)
        case ListOffsetsRequest.latestTiered: return (-1, -1)
        default:
            let found =
                timestamp == ListOffsetsRequest.maxTimestamp
                ? try log.offsetOfGreatestTimestamp() : try log.offset(forTimestamp: timestamp)
            guard let found, !isReadCommitted || found.offset < log.lastStableOffset else { return (-1, -1) }
            return found
        }
    }
}
