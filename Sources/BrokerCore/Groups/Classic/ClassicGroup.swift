/// One group of Kafka's classic protocol (JoinGroup, SyncGroup, Heartbeat, LeaveGroup), as a value without clock or I/O.
///
/// What it does is what Apache Kafka's coordinator does, so that its clients find what they know (KIP-62, KIP-134, KIP-345, KIP-394, KIP-814). Two things
/// are stricter. A generation ends only when the commits of it that have begun are through: who takes a partition over finds all that was acknowledged
/// before, and no late commit can set it back. And a member whose client has gone while it waited counts its session timeout from there.
package struct ClassicGroup: Sendable {
    /// A request that is to be answered, once.
    package typealias Waiter = UInt64

    package enum State: String, Sendable {
        case empty = "Empty"
        /// Members are joining.
        case preparingRebalance = "PreparingRebalance"
        /// They have joined, and wait for what the leader assigns.
        case completingRebalance = "CompletingRebalance"
        case stable = "Stable"
    }

    /// What happens to a group.
    enum Event: Sendable {
        /// With the id for a newcomer.
        case join(Join, newId: String, Waiter)
        case sync(Sync, Waiter)
        case heartbeat(Identity, Waiter)
        case leave(memberId: String, instanceId: String?, Waiter)
        /// Whoever this is begins to commit positions; a transactional producer may do so for a group without saying who it is in it.
        case commitBegan(Identity, inTransaction: Bool, Waiter)
        /// A commit that was begun is through, however it ended.
        case commitEnded
        /// Nobody waits for that answer any more.
        case abandoned(Waiter)
        case expired(Timer)
    }

    /// A time the group waits for.
    enum Timer: Hashable, Sendable {
        /// A member, or a newcomer that was given an id, has not been heard of.
        case session(String)
        /// Who has not joined by then is out.
        case rebalance
        /// Who has not asked for its assignment by then is out.
        case sync
    }

    /// What is to be done about it.
    enum Action: Sendable, Equatable {
        case answer(Waiter, Answer)
        /// In place of an earlier one.
        case set(Timer, Duration)
        case cancel(Timer)
    }

    /// The phase in which members join.
    struct JoinPhase {
        /// The first join of an empty group: others may be on their way.
        var isInitial = false
        /// Somebody new has come since the delay began.
        var hasNewcomer = false
        /// What is left of the rebalance timeout after this delay.
        var remaining = Duration.zero
        /// It ends as soon as the commits under way have.
        var isOver = false
    }

    var state = State.empty
    var generation: Int32 = 0
    var protocolType: String?
    var protocolName: String?
    var leader: String?
    private(set) var members: [String: ClassicMember] = [:]
    /// Newcomers that were given an id to join with.
    var pending: Set<String> = []
    /// The ids of the static members.
    private(set) var instances: [String: String] = [:]
    /// Members of this generation that have not asked for their assignments yet.
    var unsynced: Set<String> = []
    var joinPhase = JoinPhase()
    var commitsUnderWay = 0
    /// About what the members take in memory.
    private(set) var sizeInBytes = 0
    var actions: [Action] = []
    private var lastNumber = 0
    let membersMax: Int
    let initialDelay: Duration

    init(membersMax: Int, initialDelay: Duration) {
        self.membersMax = membersMax
        self.initialDelay = initialDelay
    }

    /// Whether somebody is in it or on the way into it.
    var isOccupied: Bool { !members.isEmpty || !pending.isEmpty }

    /// Whether it must not be forgotten now.
    var isInUse: Bool { isOccupied || commitsUnderWay > 0 }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .join(let request, let newId, let waiter): join(request, newId: newId, waiter)
        case .sync(let request, let waiter): sync(request, waiter)
        case .heartbeat(let identity, let waiter): heartbeat(identity, waiter)
        case .leave(let memberId, let instanceId, let waiter): leave(memberId, instanceId, waiter)
        case .commitBegan(let identity, let inTransaction, let waiter):
            beginCommit(identity, inTransaction: inTransaction, waiter)
        case .commitEnded: endCommit()
        case .abandoned(let waiter): abandon(waiter)
        case .expired(let timer): expire(timer)
        }
        defer { actions = [] }
        return actions
    }

    // MARK: Members

    /// All of them, the oldest first.
    var membersByAge: [ClassicMember] { members.values.sorted { $0.number < $1.number } }

    mutating func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    mutating func put(_ member: ClassicMember) {
        sizeInBytes += member.sizeInBytes - (members[member.id]?.sizeInBytes ?? 0)
        members[member.id] = member
        if let instance = member.instanceId { instances[instance] = member.id }
    }

    /// Takes a member out, and answers what it waits for.
    mutating func remove(_ id: String, because refusal: GroupRefusal = .unknownMember) {
        guard let member = members.removeValue(forKey: id) else { return }
        sizeInBytes -= member.sizeInBytes
        if let instance = member.instanceId, instances[instance] == id { instances[instance] = nil }
        unsynced.remove(id)
        actions.append(.cancel(.session(id)))
        answer(member.waiting, .refused(refusal, memberId: id))
        if leader == id { leader = membersByAge.first?.id }
    }

    /// What a member waits for is answered: from here on it has to be heard of.
    mutating func release(_ id: String, _ reply: Answer) {
        guard let waiting = members[id]?.waiting else { return }
        members[id]?.waiting = nil
        members[id]?.isKnown = true
        answer(waiting, reply)
        touch(id)
    }

    /// A member has been heard of.
    mutating func touch(_ id: String) {
        guard let member = members[id], member.waiting == nil else { return }
        actions.append(.set(.session(id), member.sessionTimeout))
    }

    /// A member waits: it cannot be heard of, and need not be. What it waited for before is given up.
    mutating func hold(_ id: String, _ waiting: ClassicMember.Waiting) {
        guard let member = members[id] else { return }
        answer(member.waiting, .refused(.rebalanceInProgress, memberId: id))
        members[id]?.waiting = waiting
        actions.append(.cancel(.session(id)))
    }

    mutating func answer(_ waiting: ClassicMember.Waiting?, _ reply: Answer) {
        switch waiting {
        case .join(let waiter), .sync(let waiter): actions.append(.answer(waiter, reply))
        case nil: break
        }
    }

    mutating func refuse(_ waiter: Waiter, _ refusal: GroupRefusal, memberId: String = "") {
        actions.append(.answer(waiter, .refused(refusal, memberId: memberId)))
    }

    /// Nil where the group has this member.
    func refusal(of memberId: String, instanceId: String?) -> GroupRefusal? {
        if let instanceId {
            guard let current = instances[instanceId] else { return .unknownMember }
            guard current == memberId else { return .fencedInstance }
        }
        return members[memberId] == nil ? .unknownMember : nil
    }

    /// The same with the generation.
    func refusal(of identity: Identity) -> GroupRefusal? {
        refusal(of: identity.memberId, instanceId: identity.instanceId)
            ?? (identity.generation == generation ? nil : .illegalGeneration)
    }
}
