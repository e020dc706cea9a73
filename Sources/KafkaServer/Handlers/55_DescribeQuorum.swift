import KafkaProtocol
import SegmentedLog

extension Service {
    /// Kafka's name for the log that a quorum keeps of its cluster.
    private static let metadataTopic = "__cluster_metadata"

    /// One broker decides alone.
    func describeQuorum(_ request: DescribeQuorumRequest) -> DescribeQuorumResponse {
        DescribeQuorumResponse(
            node: .init(id: nodeId, host: host, port: UInt16(clamping: port)),
            topics: request.topics.map { topic in
                let partitions = topic.partitions.map { index in
                    let isKnown = topic.name == Self.metadataTopic && index == 0
                    return DescribeQuorumResponse.Partition(
                        index: index, error: isKnown ? .none : .unknownTopicOrPartition)
                }
                return DescribeQuorumResponse.Topic(name: topic.name, partitions: partitions)
            },
            now: systemMilliseconds())
    }
}
