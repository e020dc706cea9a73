import Records
import Synchronization

/// All consumer groups of a broker: drives each one's state machine under one mutex and wakes the members that have news.
final class GroupCoordinator: Sendable {
    /// A group by its name, or one without a name that keeps no positions.
    enum GroupKey: Hashable {
        case named(String)
        case anonymous(UInt64)
    }

    private struct Entry {
        var machine = ConsumerGroup()
        var signals: [ConsumerGroup.MemberID: WakeSignal] = [:]
        /// Where partitions without a committed position were first begun: a second owner begins there too, so that a rebalance before
        /// the first commit loses nothing under `latest`.
        var firstStarts: [TopicPartition: Int64] = [:]
    }

    private let claims: NameClaims

    init(claims: NameClaims) { self.claims = claims }

    private struct State {
        var groups: [GroupKey: Entry] = [:]
        var lastMember: ConsumerGroup.MemberID = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    /// What a member learns when it polls.
    enum News {
        case assigned([TopicPartition])
        case revoked([TopicPartition])
    }

    /// Adds a member. The key nil makes an anonymous group of one.
    func join(
        _ group: String?, partitions: [TopicPartition], signal: WakeSignal
    ) throws(BrokerError) -> (key: GroupKey, member: ConsumerGroup.MemberID) {
        let joined = state.withLock { state -> (key: GroupKey, member: ConsumerGroup.MemberID)? in
            guard !state.isClosed else { return nil }
            state.lastMember += 1
            let member = state.lastMember
            return (group.map(GroupKey.named) ?? .anonymous(member), member)
        }
        guard let joined else { throw BrokerError(.closed, "the broker is closed") }
        // One claim per member: the name is free again when the last of them has left.
        if let group, !claims.claim(group, for: .process) {
            throw BrokerError(
                .inUse, "group '\(group)' has members that are Kafka's clients; stop them, or name another group")
        }
        // The signal with the member, not before: a group that dissolves in between would take it along.
        _ = try handle(.joined(joined.member, partitions), in: joined.key, signal: signal)
        return joined
    }

    func poll(_ member: ConsumerGroup.MemberID, in key: GroupKey) throws(BrokerError) -> News? {
        for action in try handle(.polled(member), in: key) {
            switch action {
            case .assign(let partitions): return .assigned(partitions)
            case .revoke(let partitions): return .revoked(partitions)
            case .wake, .dissolved: continue
            }
        }
        return nil
    }

    func leave(_ member: ConsumerGroup.MemberID, in key: GroupKey) {
        // Leaving is the one event that no state refuses.
        _ = try? handle(.left(member), in: key)
        if case .named(let group) = key { claims.release(group) }
    }

    /// From here to `endCommit` the partitions stay the member's.
    func beginCommit(
        _ partitions: [TopicPartition], by member: ConsumerGroup.MemberID, in key: GroupKey
    ) throws(BrokerError) {
        _ = try handle(.commitBegan(member, partitions), in: key)
    }

    func endCommit(by member: ConsumerGroup.MemberID, in key: GroupKey) {
        _ = try? handle(.commitEnded(member), in: key)
    }

    func topicDeleted(_ topic: String) {
        for key in state.withLock({ Array($0.groups.keys) }) { _ = try? handle(.topicDeleted(topic), in: key) }
    }

    /// All partitions the member has, those it was told to give up included.
    func partitions(of member: ConsumerGroup.MemberID, in key: GroupKey) -> Set<TopicPartition> {
        state.withLock { $0.groups[key]?.machine.partitions(of: member) ?? [] }
    }

    /// The offset at which the group began the partition; the first caller's while the group has members.
    func firstStart(of source: TopicPartition, in key: GroupKey, default offset: Int64) -> Int64 {
        state.withLock { state in
            guard state.groups[key] != nil else { return offset }
            if let known = state.groups[key]?.firstStarts[source] { return known }
            state.groups[key]?.firstStarts[source] = offset
            return offset
        }
    }

    /// The groups that have members: how many, their generation, what they subscribe to and where they began.
    func snapshot() -> [String: GroupSnapshot] {
        state.withLock { state in
            var result: [String: GroupSnapshot] = [:]
            for (key, entry) in state.groups {
                if case .named(let name) = key { result[name] = Self.snapshot(of: entry) }
            }
            return result
        }
    }

    /// The same of one group; nil where it has no members.
    func snapshot(of group: String) -> GroupSnapshot? {
        state.withLock { $0.groups[.named(group)].map(Self.snapshot) }
    }

    private static func snapshot(of entry: Entry) -> GroupSnapshot {
        GroupSnapshot(
            memberCount: entry.machine.memberCount, generation: entry.machine.generation,
            subscribed: entry.machine.subscribed, firstStarts: entry.firstStarts, owned: entry.machine.ownedByMember)
    }

    /// Refuses new members and wakes all there are; they find the broker closed.
    func close() {
        let signals = state.withLock { state in
            state.isClosed = true
            return state.groups.values.flatMap { $0.signals.values }
        }
        for signal in signals { signal.raise() }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    private func handle(
        _ event: ConsumerGroup.Event, in key: GroupKey, signal: WakeSignal? = nil
    ) throws(BrokerError) -> [ConsumerGroup.Action] {
        let (outcome, signals) = state.withLock {
            state -> (Result<[ConsumerGroup.Action], BrokerError>, [WakeSignal]) in
            var entry = state.groups[key] ?? Entry()
            if case .joined(let member, _) = event { entry.signals[member] = signal }
            if case .topicDeleted(let topic) = event {
                entry.firstStarts = entry.firstStarts.filter { $0.key.topic != topic }
            }
            let outcome = Result<[ConsumerGroup.Action], BrokerError> { () throws(BrokerError) in
                try entry.machine.handle(event)
            }
            let actions = (try? outcome.get()) ?? []
            let signals = actions.compactMap { action -> WakeSignal? in
                guard case .wake(let member) = action else { return nil }
                return entry.signals[member]
            }
            if case .left(let member) = event { entry.signals[member] = nil }
            state.groups[key] = entry.machine.isEmpty ? nil : entry
            return (outcome, signals)
        }
        for signal in signals { signal.raise() }
        return try outcome.get()
    }
}

/// A group with members, at one moment.
struct GroupSnapshot {
    var memberCount: Int
    var generation: Int32
    var subscribed: Set<TopicPartition>
    var firstStarts: [TopicPartition: Int64]
    /// What each member has.
    var owned: [ConsumerGroup.MemberID: Set<TopicPartition>]
}
