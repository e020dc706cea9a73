import BrokerCore
import KafkaProtocol
import Records

extension Service {
    /// Forgets positions of a group, but not those in topics that its members read.
    func offsetDelete(_ request: OffsetDeleteRequest) async -> OffsetDeleteResponse {
        var response = OffsetDeleteResponse()
        guard broker.groupDescription(of: request.group) != nil else {
            response.error = .groupIdNotFound
            return response
        }
        let subscribed = broker.subscribedTopics(of: request.group)
        var sources: Set<TopicPartition> = []
        response.topics = request.topics.map { topic in
            let found = broker.topic(named: topic.name)
            let isSubscribed = subscribed?.contains(topic.name) ?? true
            return OffsetDeleteResponse.Topic(
                name: topic.name,
                partitions: topic.partitions.map { index in
                    guard let id = found?[index]?.id else { return (index, .unknownTopicOrPartition) }
                    guard !isSubscribed else { return (index, .groupSubscribedToTopic) }
                    // The end of the transaction would bring it back.
                    guard !broker.hasPendingPosition(of: request.group, in: id) else {
                        return (index, .unstableOffsetCommit)
                    }
                    sources.insert(id)
                    return (index, .none)
                })
        }
        do throws(BrokerError) {
            try await broker.deletePositions(in: sources, of: request.group)
        } catch {
            response.error = ErrorCode(writingPositions: error)
            response.topics = []
            logger.warning("\(request.group): \(error)")
        }
        return response
    }
}
