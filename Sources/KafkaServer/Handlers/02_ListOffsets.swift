import BrokerCore
import KafkaProtocol
import SegmentedLog

extension Service {
    /// Looks each offset up.
    func listOffsets(_ request: ListOffsetsRequest) -> ListOffsetsResponse {
        ListOffsetsResponse(
            topics: request.topics.map { requested in
                let topic = broker.topic(named: requested.name)
                let partitions = requested.partitions.map { wanted in
                    var result = ListOffsetsResponse.Partition(index: wanted.index)
                    guard let log = topic?[wanted.index]?.log else {
                        result.error = .unknownTopicOrPartition
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
        case ListOffsetsRequest.latest: (isReadCommitted ? log.lastStableOffset : log.highWatermark, -1)
        case ListOffsetsRequest.earliest, ListOffsetsRequest.earliestLocal: (log.startOffset, -1)
        case ListOffsetsRequest.maxTimestamp: try log.offsetOfGreatestTimestamp() ?? (-1, -1)
        default: try log.offset(forTimestamp: timestamp) ?? (-1, -1)
        }
    }
}
