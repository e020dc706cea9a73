import BrokerCore
import KafkaProtocol
import Records

extension Service {
    /// The positions as they are known to be durable; -1 and no error where there is none, or no such group.
    func offsetFetch(_ request: OffsetFetchRequest) -> OffsetFetchResponse {
        OffsetFetchResponse(
            groups: request.groups.once(by: \.id).map { group in
                var response = OffsetFetchResponse.Group(id: group.id)
                if let topics = group.topics {
                    response.topics = topics.map { positions(in: $0, of: group.id, request) }
                } else {
                    response.topics = allPositions(of: group.id, request)
                }
                return response
            })
    }

    private func positions(
        in requested: OffsetFetchRequest.Topic, of group: String, _ request: OffsetFetchRequest
    ) -> OffsetFetchResponse.Topic {
        let name = requested.name.isEmpty ? topic(requested.id)?.name : requested.name
        let partitions = requested.partitions.once(by: \.self).map { index in
            guard let name else {
                var missing = OffsetFetchResponse.Partition(index: index)
                missing.error = .unknownTopicId
                return missing
            }
            let source = TopicPartition(topic: name, partition: index)
            return partition(source, broker.committed(group: group, in: source), of: group, request)
        }
        return OffsetFetchResponse.Topic(name: requested.name, id: requested.id, partitions: partitions)
    }

    private func allPositions(of group: String, _ request: OffsetFetchRequest) -> [OffsetFetchResponse.Topic] {
        let topics = Dictionary(grouping: broker.committed(group: group), by: \.key.topic)
        return topics.sorted { $0.key < $1.key }.compactMap { name, positions in
            guard let topic = broker.topic(named: name) else { return nil }
            return OffsetFetchResponse.Topic(
                name: name, id: TopicID(hexadecimal: topic.description.id) ?? .none,
                partitions: positions.sorted { $0.key < $1.key }.map { source, position in
                    partition(source, position, of: group, request)
                })
        }
    }

    private func partition(
        _ source: TopicPartition, _ position: CommittedPosition?, of group: String, _ request: OffsetFetchRequest
    ) -> OffsetFetchResponse.Partition {
        var partition = OffsetFetchResponse.Partition(index: source.partition)
        if request.requiresStable, broker.hasPendingPosition(of: group, in: source) {
            partition.error = .unstableOffsetCommit
        } else if let position {
            partition.offset = position.offset
            partition.leaderEpoch = position.leaderEpoch
            partition.metadata = position.metadata
        }
        return partition
    }
}
