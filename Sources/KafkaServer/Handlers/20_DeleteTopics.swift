import BrokerCore
import KafkaProtocol

extension Service {
    /// Deletes each topic for itself, by its name or its id.
    func deleteTopics(_ request: DeleteTopicsRequest) async -> DeleteTopicsResponse {
        var response = DeleteTopicsResponse(topics: [])
        var seen: Set<String> = []
        for wanted in request.topics {
            var result = DeleteTopicsResponse.Topic(name: wanted.name, id: wanted.id)
            do throws(AdminRefusal) {
                guard (wanted.name == nil) == (wanted.id != .none) else {
                    throw AdminRefusal(.invalidRequest, "a topic is named either by its name or by its id")
                }
                if wanted.name == nil { result.name = topic(wanted.id)?.name }
                guard let name = result.name else {
                    throw AdminRefusal(.unknownTopicId, "there is no topic with the id \(wanted.id.hexadecimal)")
                }
                guard seen.insert(name).inserted else {
                    throw AdminRefusal(.invalidRequest, "the request names the topic '\(name)' twice")
                }
                try AdminRefusal.requireChangeable(name)
                let id = broker.topic(named: name).flatMap { TopicID(hexadecimal: $0.description.id) }
                try await AdminRefusal.orResult { () throws(BrokerError) in try await broker.deleteTopic(name) }
                result.id = id ?? result.id
            } catch {
                result.error = error.code
                result.message = error.message
            }
            response.topics.append(result)
        }
        return response
    }
}
