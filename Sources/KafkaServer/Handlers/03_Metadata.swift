import BrokerCore
import KafkaProtocol

extension Service {
    /// Names this broker as the leader of everything, and makes the topics that are missing, where both sides allow it.
    func metadata(_ request: MetadataRequest) async -> MetadataResponse {
        var topics: [MetadataResponse.Topic] = []
        if let wanted = request.topics {
            for each in wanted.once(by: { $0.name ?? $0.id.hexadecimal }) {
                topics.append(await describe(each, makes: request.allowsAutoCreation && !Task.isCancelled))
            }
        } else {
            topics = broker.topics.map(describe)
        }
        return MetadataResponse(
            to: request, broker: .init(id: nodeId, host: host, port: Int32(clamping: port)),
            clusterId: broker.clusterId, topics: topics)
    }

    /// The topic of that id; nil where there is none any more.
    func topic(_ id: TopicID) -> Topic? { broker.topic(id: id.hexadecimal) }

    private func describe(_ wanted: MetadataRequest.Topic, makes: Bool) async -> MetadataResponse.Topic {
        var missing = MetadataResponse.Topic(name: wanted.name)
        guard let name = wanted.name else {
            if let topic = topic(wanted.id) { return describe(topic) }
            missing.id = wanted.id
            missing.error = .unknownTopicId
            return missing
        }
        if let topic = broker.topic(named: name) { return describe(topic) }
        guard (try? TopicName.validate(name)) != nil, !Topic.isReadOnlyForClients(name) else {
            missing.error = .invalidTopic
            return missing
        }
        missing.error = .unknownTopicOrPartition
        guard makes, autoCreatesTopics else { return missing }
        do throws(BrokerError) {
            return describe(try await broker.ensureTopic(name))
        } catch {
            missing.error = ErrorCode(error)
            // The answer has no room for the reason.
            if lines.isDue("make \(name)") { logger.warning("topic '\(name)' is not made: \(error)") }
            return missing
        }
    }

    private func describe(_ topic: Topic) -> MetadataResponse.Topic {
        var description = MetadataResponse.Topic(name: topic.name)
        description.id = TopicID(hexadecimal: topic.description.id) ?? .none
        description.isInternal = Topic.isReadOnlyForClients(topic.name)
        description.partitionCount = topic.description.partitionCount
        return description
    }
}
