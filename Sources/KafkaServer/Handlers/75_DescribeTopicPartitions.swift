import BrokerCore
import KafkaProtocol

extension Service {
    /// The partitions in one answer, at most: Kafka's `max.request.partition.size.limit`.
    private static let partitionsPerAnswerMax = 2000

    /// Tells of the topics by name, from the cursor on, as many partitions as fit.
    func describeTopicPartitions(_ request: DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse {
        let start = request.cursor ?? .init(topic: "", partition: 0)
        let names = request.topics.isEmpty ? broker.topics.map(\.name) : Set(request.topics).sorted()
        var room = max(1, min(Int(request.partitionsMax), Self.partitionsPerAnswerMax))
        var response = DescribeTopicPartitionsResponse(brokerId: nodeId, topics: [], next: nil)
        for name in names where name >= start.topic {
            guard room > 0 else {
                response.next = .init(topic: name, partition: 0)
                break
            }
            var result = DescribeTopicPartitionsResponse.Topic(name: name)
            guard let topic = broker.topic(named: name) else {
                result.error = (try? TopicName.validate(name)) == nil ? .invalidTopic : .unknownTopicOrPartition
                response.topics.append(result)
                // It takes no partition's room, but some.
                room -= 1
                continue
            }
            let first = name == start.topic ? max(0, min(Int(start.partition), topic.partitions.count)) : 0
            let end = min(topic.partitions.count, first + room)
            room -= end - first
            result.id = TopicID(hexadecimal: topic.description.id) ?? .none
            result.isInternal = Topic.isReadOnlyForClients(topic.name)
            result.partitions = Int32(clamping: first)..<Int32(clamping: end)
            response.topics.append(result)
            if end < topic.partitions.count {
                response.next = .init(topic: name, partition: Int32(clamping: end))
                break
            }
        }
        return response
    }
}
