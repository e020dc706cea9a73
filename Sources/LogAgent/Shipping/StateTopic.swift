import BinderKit
import Records

/// The compacted topic in which all agents of a binder keep their files' committed places.
enum StateTopic {
    static let name = "__agent_state"
    /// One partition: the state of one agent is read in one go.
    static let partition = TopicPartition(topic: name, partition: 0)

    /// What the topic says of one input.
    struct Contents: Sendable {
        /// Its generations, in the order of their last records.
        var generations: [Generation] = []
        /// Whether the input has committed before.
        var hasStarted = false
    }

    /// Reads the topic to its end, with read committed.
    static func read(from binder: any Binder, keys: GenerationKey) async throws -> Contents {
        let channel = try await binder.bind(
            InputBinding(name: "agent state", topics: [name], group: nil, start: .earliest))
        var records: [UInt64: GenerationRecord] = [:]
        var hasStarted = false
        do {
            reading: while let event = try await channel.next(waitingUpTo: .milliseconds(100)) {
                switch event {
                case .assigned, .revoked: continue
                case .idle: break reading
                case .delivery(let delivery):
                    try take(delivery, keys: keys, into: &records, hasStarted: &hasStarted)
                }
            }
        } catch {
            await channel.close()
            throw error
        }
        await channel.close()
        let ordered = records.values.sorted { ($0.updatedAt, $0.generation.id) < ($1.updatedAt, $1.generation.id) }
        return Contents(generations: ordered.map(\.generation), hasStarted: hasStarted)
    }

    private static func take(
        _ delivery: Delivery, keys: GenerationKey, into records: inout [UInt64: GenerationRecord],
        hasStarted: inout Bool
    ) throws {
        let started = keys.started
        for batch in delivery.batches {
            let decoded = try batch.records()
            for record in decoded {
                guard record.offset >= delivery.startOffset, let key = record.key else { continue }
                let keyBytes = decoded.bytes(key)
                if keyBytes.elementsEqual(started) { hasStarted = true }
                guard let id = keys.generation(of: keyBytes) else { continue }
                if let value = record.value {
                    records[id] = try GenerationRecord(id: id, parsing: decoded.bytes(value))
                } else {
                    records[id] = nil
                }
            }
        }
    }
}
