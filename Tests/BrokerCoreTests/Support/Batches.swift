import Records
import Testing

@testable import BrokerCore

/// A batch of these texts, without keys.
func batch(_ values: [String], timestamp: Int64 = 1) throws -> RecordBatch {
    var builder = RecordBatchBuilder()
    for value in values {
        Array(value.utf8).withUnsafeBytes { builder.append(key: nil, value: $0, timestamp: timestamp) }
    }
    return try builder.build()
}

/// The texts of a batch's records at or after an offset.
func texts(_ batch: RecordBatch, from offset: Int64 = 0) throws -> [String] {
    let records = try batch.records()
    return records.filter { $0.offset >= offset }.map { record in
        String(decoding: record.value.map { records.bytes($0) } ?? [], as: UTF8.self)
    }
}

extension TopicPartition {
    init(_ topic: String, _ partition: Int32 = 0) { self.init(topic: topic, partition: partition) }
}

/// What a member was handed until it was idle.
struct Received {
    var assigned: [TopicPartition: CommittedPosition] = [:]
    var revoked: [TopicPartition] = []
    var values: [TopicPartition: [String]] = [:]
    var nextOffsets: [TopicPartition: CommittedPosition] = [:]
    /// Of the last delivery of each partition.
    var endOffsets: [TopicPartition: Int64] = [:]
}

extension GroupMember {
    /// Takes what there is until the member is idle or closed.
    func drain(waiting: Duration = .zero) async throws -> Received {
        var received = Received()
        while let event = try await next(waitingUpTo: waiting) {
            switch event {
            case .idle: return received
            case .assigned(let partitions):
                for (source, position) in partitions { received.assigned[source] = position }
            case .revoked(let partitions): received.revoked += partitions
            case .delivery(let source, let batches, let start, let next, let end, _):
                #expect(!batches.isEmpty)
                for batch in batches { received.values[source, default: []] += try texts(batch, from: start) }
                received.nextOffsets[source] = CommittedPosition(offset: next)
                received.endOffsets[source] = end
            }
        }
        return received
    }

    /// Waits for the next delivery, passing over other events.
    func delivery(within limit: Duration = .seconds(60)) async throws -> [String] {
        while let event = try await next(waitingUpTo: limit) {
            guard case .delivery(_, let batches, let start, _, _, _) = event else {
                if case .idle = event { break }
                continue
            }
            return try batches.flatMap { try texts($0, from: start) }
        }
        Issue.record("no delivery within \(limit)")
        return []
    }
}

extension Broker {
    /// All committed records of a partition, as an anonymous reader sees them.
    func committedTexts(_ source: TopicPartition) async throws -> [String] {
        let member = try join(group: nil, topics: [source.topic])
        let received = try await member.drain()
        await member.close()
        return received.values[source] ?? []
    }
}
