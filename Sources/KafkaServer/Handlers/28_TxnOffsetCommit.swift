import BrokerCore
import KafkaProtocol
import Records

extension Service {
    /// Writes the positions that can be, in one batch; the others are told alone.
    func txnOffsetCommit(_ request: TxnOffsetCommitRequest, version: Int16) async -> AddPartitionsToTxnResponse {
        var positions: [TopicPartition: CommittedPosition] = [:]
        var response = AddPartitionsToTxnResponse(
            topics: request.topics.map { topic in
                let partitions = topic.partitions.map { partition in
                    let source = TopicPartition(topic: topic.name, partition: partition.index)
                    let position = CommittedPosition(
                        offset: partition.offset, metadata: partition.metadata ?? "",
                        leaderEpoch: max(-1, partition.leaderEpoch))
                    let error = refusal(of: position, in: source)
                    if error == .none { positions[source] = position }
                    return (index: partition.index, error: error)
                }
                return AddPartitionsToTxnResponse.Topic(name: topic.name, partitions: partitions)
            })
        let outcome = await commit(positions, request, version: version)
        for (place, topic) in response.topics.enumerated() {
            for (index, partition) in topic.partitions.enumerated() where partition.error == .none {
                response.topics[place].partitions[index].error = outcome
            }
        }
        return response
    }

    private func refusal(of position: CommittedPosition, in source: TopicPartition) -> ErrorCode {
        if broker.topic(named: source.topic)?[source.partition] == nil { return .unknownTopicOrPartition }
        if position.metadata.utf8.count > CommittedPosition.metadataBytesMax { return .offsetMetadataTooLarge }
        return position.offset < 0 ? .invalidRequest : .none
    }

    private func commit(
        _ positions: [TopicPartition: CommittedPosition], _ request: TxnOffsetCommitRequest, version: Int16
    ) async -> ErrorCode {
        let identity = ProducerIdentity(id: request.producerId, epoch: request.producerEpoch)
        let transactions = broker.wireTransactions
        // A member of an earlier generation is refused (KIP-447), and this one does not end before the positions are written.
        let member = ClassicGroup.Identity(
            memberId: request.memberId, instanceId: request.groupInstanceId, generation: request.generationId)
        if let refusal = broker.classicGroups.beginCommit(request.groupId, by: member, inTransaction: true) {
            return ErrorCode(refusal)
        }
        defer { broker.classicGroups.endCommit(request.groupId) }
        do throws(BrokerError) {
            // From here on the producer does not ask for it before (KIP-890).
            if version >= 5 { try await transactions.addPositions(to: request.transactionalId, of: identity) }
            try await transactions.commit(
                positions, of: request.groupId, in: request.transactionalId, of: identity)
            return .none
        } catch {
            return ErrorCode(transaction: error)
        }
    }
}
