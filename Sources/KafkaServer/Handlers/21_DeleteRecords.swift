import BrokerCore
import KafkaProtocol
import Records
import SegmentedLog

extension Service {
    /// Moves the start of each partition, and answers once that is on disk.
    func deleteRecords(_ request: DeleteRecordsRequest) async -> DeleteRecordsResponse {
        var response = DeleteRecordsResponse(topics: [])
        for topic in request.topics {
            var partitions: [DeleteRecordsResponse.Partition] = []
            for partition in topic.partitions {
                var result = DeleteRecordsResponse.Partition(index: partition.index)
                do throws(AdminRefusal) {
                    result.lowWatermark = try await deleteRecords(
                        TopicPartition(topic: topic.name, partition: partition.index), before: partition.offset)
                } catch {
                    result.error = error.code
                }
                partitions.append(result)
            }
            response.topics.append(.init(name: topic.name, partitions: partitions))
        }
        return response
    }

    private func deleteRecords(_ source: TopicPartition, before offset: Int64) async throws(AdminRefusal) -> Int64 {
        guard let topic = broker.topic(named: source.topic), let log = topic[source.partition]?.log else {
            throw AdminRefusal(.unknownTopicOrPartition, "\(source) does not exist")
        }
        try AdminRefusal.requireChangeable(topic.name)
        // Of a topic that keeps the latest record of each key.
        guard log.config.cleanupPolicy.deletes else {
            throw AdminRefusal(.policyViolation, "records of a topic that is only compacted are not deleted")
        }
        guard offset >= -1 else { throw AdminRefusal(.offsetOutOfRange, "there is no offset \(offset)") }
        return try await AdminRefusal.orResult { () throws(BrokerError) in
            try await broker.deleteRecords(before: offset == -1 ? nil : offset, in: source)
        }
    }
}
