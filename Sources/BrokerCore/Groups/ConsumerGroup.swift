import Records

/// The members of one consumer group and the partitions between them, as a value without clock or I/O.
///
/// Rebalancing is cooperative (KIP-429's idea): only partitions that move are taken away, and each stays with its old owner until that one calls `next`
/// again after it was told. A member that is committing keeps what it has until the commit has ended, also when it leaves meanwhile.
struct ConsumerGroup: Sendable {
    typealias MemberID = UInt64

    /// What happens to a group.
    enum Event: Equatable {
        /// A member comes, for these partitions.
        case joined(MemberID, [TopicPartition])
        /// A member goes.
        case left(MemberID)
        /// A member calls `next`: what it was told to give up is free from now on.
        case polled(MemberID)
        /// A member begins to commit positions of these partitions.
        case commitBegan(MemberID, [TopicPartition])
        /// That commit is through, however it ended.
        case commitEnded(MemberID)
        /// A topic is deleted: its partitions are nobody's.
        case topicDeleted(String)
    }

    /// What is to be done about it, in order.
    enum Action: Equatable {
        /// Tell the member that polled that these partitions are now its own.
        case assign([TopicPartition])
        /// Tell the member that polled that these partitions go when it polls again.
        case revoke([TopicPartition])
        /// This member has news: make it poll.
        case wake(MemberID)
        /// The last member is gone.
        case dissolved
    }

    private struct Member {
        var subscribed: Set<TopicPartition>
        /// All it has, `announced` and `leaving` included.
        var owned: Set<TopicPartition> = []
        /// What of it the member knows about.
        var announced: Set<TopicPartition> = []
        /// What of it is to go to another member.
        var leaving: Set<TopicPartition> = []
        /// What of it the member was told to give up: gone at its next poll.
        var told: Set<TopicPartition> = []
        var commitsUnderWay = 0
        var hasLeft = false

        mutating func forget(_ partitions: Set<TopicPartition>) {
            owned.subtract(partitions)
            announced.subtract(partitions)
            leaving.subtract(partitions)
            told.subtract(partitions)
        }
    }

    private var members: [MemberID: Member] = [:]
    /// Rises whenever a member comes or goes.
    private(set) var generation: Int32 = 0

    var memberCount: Int { members.values.count { !$0.hasLeft } }
    var isEmpty: Bool { members.isEmpty }
    var subscribed: Set<TopicPartition> { members.values.reduce(into: []) { $0.formUnion($1.subscribed) } }

    var ownedByMember: [MemberID: Set<TopicPartition>] { members.filter { !$0.value.hasLeft }.mapValues(\.owned) }

    func partitions(of member: MemberID) -> Set<TopicPartition> { members[member]?.owned ?? [] }

    /// - Throws: `.fenced` from `commitBegan` for a partition the member does not have; nothing has changed then.
    mutating func handle(_ event: Event) throws(BrokerError) -> [Action] {
        switch event {
        case .joined(let id, let partitions):
            members[id] = Member(subscribed: Set(partitions))
            generation &+= 1
            return rebalance()
        case .left(let id):
            return leave(id)
        case .polled(let id):
            return poll(id)
        case .commitBegan(let id, let partitions):
            try beginCommit(id, partitions)
            return []
        case .commitEnded(let id):
            return endCommit(id)
        case .topicDeleted(let topic):
            members = members.mapValues { member in
                var member = member
                member.forget(member.owned.filter { $0.topic == topic })
                member.subscribed = member.subscribed.filter { $0.topic != topic }
                return member
            }
            return rebalance()
        }
    }

    private mutating func leave(_ id: MemberID) -> [Action] {
        guard let member = members[id], !member.hasLeft else { return [] }
        generation &+= 1
        guard member.commitsUnderWay == 0 else {
            members[id]?.hasLeft = true
            return [.wake(id)]
        }
        members[id] = nil
        return [.wake(id)] + (members.isEmpty ? [.dissolved] : rebalance())
    }

    private mutating func poll(_ id: MemberID) -> [Action] {
        guard var member = members[id], !member.hasLeft else { return [] }
        var actions: [Action] = []
        if !member.told.isEmpty && member.commitsUnderWay == 0 {
            member.forget(member.told)
            members[id] = member
            actions = rebalance()
            member = members[id] ?? member
        }
        actions.removeAll { $0 == .wake(id) }
        let going = member.leaving.subtracting(member.told)
        let coming = member.owned.subtracting(member.announced)
        if !going.isEmpty {
            members[id]?.told.formUnion(going)
            actions.append(.revoke(going.sorted()))
        } else if !coming.isEmpty {
            members[id]?.announced.formUnion(coming)
            actions.append(.assign(coming.sorted()))
        }
        return actions
    }

    private mutating func beginCommit(_ id: MemberID, _ partitions: [TopicPartition]) throws(BrokerError) {
        guard let member = members[id], !member.hasLeft else {
            throw BrokerError(.fenced, "the member has left its group")
        }
        if let lost = partitions.first(where: { !member.announced.contains($0) }) {
            throw BrokerError(
                .fenced, "\(lost) is no longer this member's: another one has it, from the last committed position")
        }
        members[id]?.commitsUnderWay += 1
    }

    private mutating func endCommit(_ id: MemberID) -> [Action] {
        guard var member = members[id] else { return [] }
        member.commitsUnderWay -= 1
        members[id] = member
        guard member.commitsUnderWay == 0 else { return [] }
        guard member.hasLeft else { return member.told.isEmpty ? [] : [.wake(id)] }
        members[id] = nil
        return members.isEmpty ? [.dissolved] : rebalance()
    }

    /// Gives out what is free and marks what has to move. Members with news are woken.
    private mutating func rebalance() -> [Action] {
        var owners: [TopicPartition: MemberID] = [:]
        var leaving: Set<TopicPartition> = []
        var subscriptions: [MemberID: Set<TopicPartition>] = [:]
        for (id, member) in members {
            for partition in member.owned { owners[partition] = id }
            leaving.formUnion(member.leaving)
            if !member.hasLeft { subscriptions[id] = member.subscribed }
        }
        let target = PartitionBalance.target(subscriptions: subscriptions, owners: owners, leaving: leaving)
        for (partition, taker) in target {
            guard let owner = owners[partition], owner != taker else { continue }
            guard let member = members[owner], !member.hasLeft, !member.announced.contains(partition) else { continue }
            // The owner does not know of it yet: nothing to wait for.
            members[owner]?.forget([partition])
            owners[partition] = nil
        }
        for (partition, taker) in target where owners[partition] == nil {
            members[taker]?.owned.insert(partition)
            owners[partition] = taker
        }
        var actions: [Action] = []
        for id in subscriptions.keys.sorted() {
            guard var member = members[id] else { continue }
            member.leaving = member.told.union(member.owned.filter { target[$0] != id })
            members[id] = member
            let hasNews = member.leaving != member.told || member.owned != member.announced
            if hasNews { actions.append(.wake(id)) }
        }
        return actions
    }
}
