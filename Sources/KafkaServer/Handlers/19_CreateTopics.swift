import BrokerCore
import KafkaProtocol

extension Service {
    /// Makes each topic for itself: one that cannot be made keeps no other from being made.
    func createTopics(_ request: CreateTopicsRequest) async -> CreateTopicsResponse {
        let twice = repeated(request.topics.map(\.name))
        var response = CreateTopicsResponse(topics: [])
        var answered: Set<String> = []
        for topic in request.topics where answered.insert(topic.name).inserted {
            var result = CreateTopicsResponse.Topic(name: topic.name)
            do throws(AdminRefusal) {
                guard !twice.contains(topic.name) else {
                    throw AdminRefusal(.invalidRequest, "the request names the topic '\(topic.name)' twice")
                }
                try await create(topic, isTrial: request.isTrial, into: &result)
            } catch {
                result.error = error.code
                result.message = error.message
            }
            response.topics.append(result)
        }
        return response
    }

    private func create(
        _ topic: CreateTopicsRequest.Topic, isTrial: Bool, into result: inout CreateTopicsResponse.Topic
    ) async throws(AdminRefusal) {
        do throws(BrokerError) {
            try TopicName.validate(topic.name)
        } catch {
            throw AdminRefusal(.invalidTopic, error.description)
        }
        if broker.topic(named: topic.name) == nil { try AdminRefusal.requireChangeable(topic.name) }
        let partitions = try partitionCount(topic)
        let config = try topicConfig(topic.configs)
        let made = try await AdminRefusal.orResult { () throws(BrokerError) in
            try await broker.createTopic(topic.name, partitions: partitions, config: config, isTrial: isTrial)
        }
        result.id = TopicID(hexadecimal: made.id) ?? .none
        result.partitionCount = made.partitionCount
        // What there is, whatever was asked for.
        result.replicationFactor = 1
        result.configs = broker.configs(of: made.config).map { config in
            CreateTopicsResponse.Config(
                name: config.name, value: config.value, isReadOnly: config.isReadOnly,
                source: ConfigSource(config.source))
        }
    }

    /// Nil for the broker's own choice.
    private func partitionCount(_ topic: CreateTopicsRequest.Topic) throws(AdminRefusal) -> Int32? {
        guard topic.assignments.isEmpty else {
            guard topic.partitionCount == -1, topic.replicationFactor == -1 else {
                throw AdminRefusal(
                    .invalidRequest, "partitions are either counted or assigned to brokers, not both")
            }
            let assigned = topic.assignments.sorted { $0.partition < $1.partition }
            guard assigned.map(\.partition) == Array(0..<Int32(clamping: assigned.count)) else {
                throw AdminRefusal(.invalidReplicaAssignment, "the assigned partitions are not 0, 1, 2 and so on")
            }
            try checkAssignments(assigned.map(\.brokerIds))
            return Int32(clamping: assigned.count)
        }
        // More than one is accepted, as much software asks for three whatever it runs on.
        guard topic.replicationFactor == -1 || topic.replicationFactor > 0 else {
            throw AdminRefusal(
                .invalidReplicationFactor, "a replication factor of \(topic.replicationFactor); 1 or more is possible")
        }
        return topic.partitionCount == -1 ? nil : topic.partitionCount
    }

    /// Each partition has this broker as its one replica.
    func checkAssignments(_ assignments: [[Int32]]) throws(AdminRefusal) {
        guard let wrong = assignments.first(where: { $0 != [nodeId] }) else { return }
        throw AdminRefusal(
            .invalidReplicaAssignment, "a partition is assigned to the brokers \(wrong); there is \(nodeId) alone")
    }

    /// What a topic sets that sets these.
    func topicConfig(_ configs: [(name: String, value: String?)]) throws(AdminRefusal) -> TopicConfig {
        var result = TopicConfig()
        if let name = repeated(configs.map(\.name)).first {
            throw AdminRefusal(.invalidConfig, "the config '\(name)' is set twice")
        }
        for (name, value) in configs {
            let value = try given(value, for: name)
            do throws(BrokerError) {
                try result.set(name, to: value)
            } catch {
                throw AdminRefusal(.invalidConfig, error.description)
            }
        }
        return result
    }
}
