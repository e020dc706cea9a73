import BrokerCore
import KafkaProtocol

extension Service {
    /// Tells what the partitions take of the data directory. Topics and partitions that do not exist are left out, as Kafka does.
    func describeLogDirs(_ request: DescribeLogDirsRequest) -> DescribeLogDirsResponse {
        let topics: [DescribeLogDirsResponse.Topic]
        if let wanted = request.topics {
            topics = wanted.compactMap { wanted in
                broker.topic(named: wanted.name).map { topic in
                    sizes(of: topic, Set(wanted.partitions).sorted())
                }
            }
        } else {
            topics = broker.topics.map { sizes(of: $0, Array(0..<Int32(clamping: $0.partitions.count))) }
        }
        let volume = VolumeSpace(of: broker.directory)
        return DescribeLogDirsResponse(
            directory: broker.directory, totalBytes: volume?.totalBytes ?? -1, usableBytes: volume?.usableBytes ?? -1,
            topics: topics)
    }

    private func sizes(of topic: Topic, _ partitions: [Int32]) -> DescribeLogDirsResponse.Topic {
        DescribeLogDirsResponse.Topic(
            name: topic.name,
            partitions: partitions.compactMap { index in
                topic[index].map { .init(index: index, sizeBytes: $0.log.sizeInBytes) }
            })
    }
}
