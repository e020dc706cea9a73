import Records

@testable import BrokerCore

/// A promise that a broker did not keep.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What the clients of one data directory were told, and what therefore must be found whenever it is opened.
struct BrokerLedger {
    /// What is known of something that was asked for.
    enum Outcome {
        case yes
        case no
        /// There was no answer, or one that says so.
        case unknown
    }

    struct Transaction {
        var values: [TopicPartition: [String]] = [:]
        /// The position it commits, of a group that commits none outside of transactions and none that is not higher.
        var position: (group: String, source: TopicPartition, offset: Int64)?
        var outcome = Outcome.no
    }

    var topics: [String: Outcome] = [:]
    /// Acknowledged values, in the order of their offsets.
    var values: [TopicPartition: [String]] = [:]
    var transactions: [Transaction] = []
    var positions: [String: [TopicPartition: Int64]] = [:]
    var startOffsets: [TopicPartition: Int64] = [:]
    var producerIds: Set<Int64> = []

    /// Holds a broker that was just opened against all of it.
    func check(_ broker: Broker) async throws {
        for (name, outcome) in topics {
            let isThere = broker.topic(named: name) != nil
            if outcome == .yes, !isThere { throw BrokenPromise("topic \(name) is gone") }
            if outcome == .no, isThere { throw BrokenPromise("topic \(name) is back") }
        }
        var found: [TopicPartition: [String]] = [:]
        for topic in broker.topics where !topic.isInternal {
            for partition in topic.partitions {
                let log = partition.log
                if let damage = log.damage.first { throw BrokenPromise("damage: \(damage)") }
                guard log.startOffset >= startOffsets[partition.id] ?? 0 else {
                    throw BrokenPromise("\(partition.id) starts at \(log.startOffset) again")
                }
                guard log.openTransactions.isEmpty else {
                    throw BrokenPromise("\(partition.id): \(log.openTransactions) are open")
                }
                found[partition.id] = try await broker.committedTexts(partition.id)
            }
        }
        for (source, texts) in found { try check(source, texts, isWhole: broker.log(of: source)?.startOffset == 0) }
        for transaction in transactions { try check(transaction, found, broker) }
        for (group, promised) in positions {
            let committed = broker.committed(group: group)
            for (source, offset) in promised where topics[source.topic] == .yes {
                guard let now = committed[source]?.offset, now >= offset else {
                    throw BrokenPromise("\(group) in \(source): \(offset) was acknowledged, is \(committed)")
                }
            }
        }
    }

    private func check(_ source: TopicPartition, _ texts: [String], isWhole: Bool) throws {
        guard Set(texts).count == texts.count else { throw BrokenPromise("\(source): doubled in \(texts)") }
        guard isWhole, topics[source.topic] == .yes else { return }
        let promised = values[source] ?? []
        let kept = Set(promised)
        guard texts.filter({ kept.contains($0) }) == promised else {
            throw BrokenPromise("\(source): \(promised) were acknowledged, there are \(texts)")
        }
    }

    /// All of it or nothing.
    private func check(
        _ transaction: Transaction, _ found: [TopicPartition: [String]], _ broker: Broker
    ) throws {
        var seen: Set<Bool> = []
        for (source, values) in transaction.values {
            guard topics[source.topic] == .yes, broker.log(of: source)?.startOffset == 0 else { continue }
            for value in values { seen.insert(found[source]?.contains(value) ?? false) }
        }
        if let position = transaction.position, topics[position.source.topic] == .yes {
            let committed = broker.committed(group: position.group)[position.source]?.offset ?? -1
            // A later one may be there, an earlier one not.
            if committed < position.offset {
                seen.insert(false)
            } else if committed == position.offset {
                seen.insert(true)
            }
        }
        switch transaction.outcome {
        case .yes where seen.contains(false), .no where seen.contains(true):
            throw BrokenPromise("\(transaction) was told and \(seen) is seen of it")
        case .unknown where seen.count > 1: throw BrokenPromise("a part of \(transaction) is seen")
        default: return
        }
    }
}
