import BrokerCore
import KafkaProtocol
import Records

extension Service {
    /// Keeps the positions that can be kept, in one write, and answers once they are durable.
    func offsetCommit(_ request: OffsetCommitRequest) async -> OffsetCommitResponse {
        var positions: [TopicPartition: CommittedPosition] = [:]
        var topics = request.topics.map { requested in
            let found = requested.name.isEmpty ? topic(requested.id) : broker.topic(named: requested.name)
            return OffsetCommitResponse.Topic(
                name: requested.name, id: requested.id,
                partitions: requested.partitions.map { partition in
                    guard let id = found?[partition.index]?.id else {
                        let isUnknownId = found == nil && requested.name.isEmpty
                        return (partition.index, isUnknownId ? .unknownTopicId : .unknownTopicOrPartition)
                    }
                    let metadata = partition.metadata ?? ""
                    guard metadata.utf8.count <= CommittedPosition.metadataBytesMax else {
                        return (partition.index, .offsetMetadataTooLarge)
                    }
                    guard partition.offset >= 0 else { return (partition.index, .offsetOutOfRange) }
                    positions[id] = CommittedPosition(
                        offset: partition.offset, metadata: metadata, leaderEpoch: max(-1, partition.leaderEpoch))
                    return (partition.index, .none)
                })
        }
        let member = ClassicGroup.Identity(
            memberId: request.memberId, instanceId: request.instanceId, generation: request.generation)
        var error = ErrorCode.none
        do throws(BrokerError) {
            if let refusal = try await broker.commit(positions, of: request.group, by: member) {
                error = ErrorCode(refusal)
            }
        } catch let failure {
            error = ErrorCode(writingPositions: failure)
            if lines.isDue("commit \(request.group)") { logger.warning("\(request.group): \(failure)") }
        }
        if error != .none {
            for topic in topics.indices {
                for index in topics[topic].partitions.indices where topics[topic].partitions[index].error == .none {
                    topics[topic].partitions[index].error = error
                }
            }
        }
        return OffsetCommitResponse(topics: topics)
    }
}
