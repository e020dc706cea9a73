import BrokerCore
import KafkaProtocol

extension Service {
    /// Names this broker as the leader of everything, and makes the topics that are missing, where both sides allow it.
    func metadata(_ request: MetadataRequest) async -> MetadataResponse {
        var topics: [MetadataResponse.Topic] = []
        if let wanted = request.topics {
            for each in wanted { topics.append(await describe(each, makes: request.allowsAutoCreation)) }
        } else {
            topics = broker.topics.map(describe)
        }
        return MetadataResponse(
            broker: .init(id: Self.nodeId, host: host, port: Int32(clamping: port)), clusterId: broker.clusterId,
            topics: topics)
    }

    /// The topic of that id; nil where there is none any more.
    func topic(_ id: TopicID) -> Topic? {
        broker.topics.first { TopicID(hexadecimal: $0.description.id) == id }
    }

    private func describe(_ wanted: MetadataRequest.Topic, makes: Bool) async -> MetadataResponse.Topic {
        var missing = MetadataResponse.Topic(name: wanted.name)
        guard let name = wanted.name else {
            if let topic = topic(wanted.id) { return describe(topic) }
            missing.id = wanted.id
            missing.error = .unknownTopicId
            return missing
        }
        if let topic = broker.topic(named: name) { return describe(topic) }
        missing.error = .unknownTopicOrPartition
        guard makes, autoCreatesTopics else { return missing }
        do throws(BrokerError) {
            return describe(try await broker.ensureTopic(name))
        } catch {
            // What a name may not be is the one thing a client can have got wrong here.
            missing.error = error.code == .invalid ? .invalidTopic : ErrorCode(error)
            return missing
        }
    }

    private func describe(_ topic: Topic) -> MetadataResponse.Topic {
        var description = MetadataResponse.Topic(name: topic.name)
        description.id = TopicID(hexadecimal: topic.description.id) ?? .none
        description.isInternal = topic.isInternal
        description.partitionCount = topic.description.partitionCount
        return description
    }
}
