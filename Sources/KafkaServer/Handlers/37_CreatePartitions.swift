import BrokerCore
import KafkaProtocol

extension Service {
    /// Gives each topic for itself more partitions.
    func createPartitions(_ request: CreatePartitionsRequest) async -> CreatePartitionsResponse {
        let twice = repeated(request.topics.map(\.name))
        var response = CreatePartitionsResponse(topics: [])
        var answered: Set<String> = []
        for topic in request.topics where answered.insert(topic.name).inserted {
            var result = CreatePartitionsResponse.Topic(name: topic.name)
            do throws(AdminRefusal) {
                guard !twice.contains(topic.name) else {
                    throw AdminRefusal(.invalidRequest, "the request names the topic '\(topic.name)' twice")
                }
                try AdminRefusal.requireChangeable(topic.name)
                try checkAssignments(of: topic)
                try await AdminRefusal.orResult { () throws(BrokerError) in
                    try await broker.grow(topic.name, to: topic.count, isTrial: request.isTrial)
                }
            } catch {
                result.error = error.code
                result.message = error.message
            }
            response.topics.append(result)
        }
        return response
    }

    private func checkAssignments(of topic: CreatePartitionsRequest.Topic) throws(AdminRefusal) {
        guard let assignments = topic.assignments, let known = broker.topic(named: topic.name) else { return }
        let added = Int(topic.count) - known.partitions.count
        guard added <= 0 || assignments.count == added else {
            throw AdminRefusal(
                .invalidReplicaAssignment, "\(added) partitions are to be added, and \(assignments.count) are assigned")
        }
        try checkAssignments(assignments)
    }
}
