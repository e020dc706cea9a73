import Records
import TestSupport

@testable import BrokerCore

/// Groups of Kafka's clients in a broker's trial: who is in them, which ends with the process, and what they were told of their positions, which does not.
struct ClientGroups {
    private static let names = ["c0", "c1"]
    private static let sourcesMax = 3

    /// What may be found as each position: one thing, or more where an answer is missing. Nil stands for none.
    private var possible: [String: [TopicPartition: Set<Int64?>]] = [:]
    /// The member of each group.
    private var members: [String: ClassicGroup.Identity] = [:]
    /// Members of a generation that is over, or of a process.
    private var former: [String: ClassicGroup.Identity] = [:]

    /// The process has died, and with it the generations of its groups.
    mutating func restarted() {
        former.merge(members) { $1 }
        members = [:]
    }

    /// Holds a broker that was just opened against what was told; what it says now is told to clients, too.
    mutating func check(_ broker: Broker, isThere: (TopicPartition) -> Bool) throws {
        for (group, positions) in possible {
            for (source, expected) in positions where isThere(source) {
                let found = broker.committed(group: group, in: source)?.offset
                guard expected.contains(found) else {
                    throw BrokenPromise("\(group) in \(source): one of \(expected) was told, is \(found as Any)")
                }
                possible[group]?[source] = [found]
            }
        }
    }

    /// One thing that a client does; `note` is told before it is done.
    mutating func step(
        _ broker: Broker, in sources: [TopicPartition], _ number: inout Int, _ random: inout SeededGenerator,
        note: (String) -> Void
    ) async throws {
        let group = Self.names[random.below(Self.names.count)]
        switch random.below(10) {
        case 0: try leave(group, broker)
        case 1:
            note("delete \(group)")
            try leave(group, broker)
            try await forget(Array((possible[group] ?? [:]).keys), of: group) {
                if let refusal = try await broker.deleteGroup(group), refusal != .unknownGroup { return refusal }
                return nil
            }
        case 2:
            guard let source = possible[group]?.keys.sorted().first else { return }
            note("delete the position of \(group) in \(source)")
            try await forget([source], of: group) {
                try await broker.deletePositions(in: [source], of: group)
                return nil
            }
        default:
            if random.below(4) > 0 || members[group] != nil {
                try await enter(group, broker, isAgain: random.below(4) == 0)
            }
            let chosen = Set((0..<Self.sourcesMax).map { _ in sources[random.below(sources.count)] })
            number += 1
            note("commit \(number) of \(group) in \(chosen.sorted())")
            try await commit(Int64(number), in: chosen, of: group, broker)
        }
    }

    private mutating func commit(
        _ offset: Int64, in sources: Set<TopicPartition>, of group: String, _ broker: Broker
    ) async throws {
        let positions = Dictionary(uniqueKeysWithValues: sources.map { ($0, CommittedPosition(offset: offset)) })
        if let old = former[group], let refusal = try await broker.commit(positions, of: group, by: old) {
            guard [.unknownMember, .illegalGeneration].contains(refusal) else {
                throw BrokenPromise("\(group): a former member was told \(refusal)")
            }
        } else if former[group] != nil {
            throw BrokenPromise("\(group): a former member has committed \(offset)")
        }
        do {
            if let refusal = try await broker.commit(positions, of: group, by: members[group] ?? .nobody) {
                throw BrokenPromise("\(group): a commit was refused: \(refusal)")
            }
        } catch let error as BrokerError {
            // Without room nothing is committed.
            if error.code != .diskFull { for source in sources { mayBe(offset, in: source, of: group) } }
            throw error
        }
        for source in sources {
            possible[group, default: [:]][source] = [offset]
            guard broker.committed(group: group, in: source)?.offset == offset else {
                throw BrokenPromise("\(group) in \(source): \(offset) was acknowledged and is not there")
            }
        }
    }

    private mutating func forget(
        _ sources: [TopicPartition], of group: String, _ body: () async throws -> GroupRefusal?
    ) async throws {
        do {
            if let refusal = try await body() { throw BrokenPromise("\(group) cannot be deleted: \(refusal)") }
        } catch let error as BrokerError {
            for source in sources { mayBe(nil, in: source, of: group) }
            throw error
        }
        for source in sources { possible[group]?[source] = [nil] }
    }

    private mutating func mayBe(_ offset: Int64?, in source: TopicPartition, of group: String) {
        possible[group, default: [:]][source, default: [nil]].insert(offset)
    }

    // MARK: Coming and going

    private mutating func leave(_ group: String, _ broker: Broker) throws {
        guard let member = members.removeValue(forKey: group) else { return }
        former[group] = member
        if let refusal = broker.classicGroups.leave(group, memberId: member.memberId, instanceId: nil) {
            throw BrokenPromise("\(group): a member cannot leave: \(refusal)")
        }
    }

    /// - Parameter isAgain: whether the member that is there joins once more, which begins a new generation.
    private mutating func enter(_ group: String, _ broker: Broker, isAgain: Bool) async throws {
        guard members[group] == nil || isAgain else { return }
        let request = ClassicGroup.Join(
            memberId: members[group]?.memberId ?? "", instanceId: nil, client: GroupClient(id: "c", host: "h"),
            sessionTimeout: .seconds(600), rebalanceTimeout: .seconds(600), protocolType: "consumer",
            protocols: [GroupProtocol(name: "range", metadata: ConsumerSubscription.bytes(topics: []))],
            requiresKnownMember: false, canSkipAssignment: true)
        let answer = await broker.classicGroups.join(group, request)
        guard case .joined(let joined) = answer else { throw BrokenPromise("\(group): cannot join: \(answer)") }
        let identity = ClassicGroup.Identity(memberId: joined.memberId, generation: joined.generation)
        if let old = members[group], old != identity { former[group] = old }
        members[group] = identity
        let sync = ClassicGroup.Sync(
            identity: identity, protocolType: nil, protocolName: nil, assignments: [joined.memberId: [1]])
        let synced = await broker.classicGroups.sync(group, sync)
        guard case .synced = synced else { throw BrokenPromise("\(group): cannot sync: \(synced)") }
    }
}
