extension ClassicGroup {
    mutating func join(_ request: Join, newId: String, _ waiter: Waiter) {
        let id = request.memberId
        // An id is given out for a member without a name of its own.
        let isPending = request.instanceId == nil && pending.contains(id)
        if !id.isEmpty, !isPending, let refusal = refusal(of: id, instanceId: request.instanceId) {
            return refuse(waiter, refusal, memberId: id)
        }
        let replaced = id.isEmpty ? request.instanceId.flatMap { instances[$0] } : nil
        guard supports(request, besides: replaced ?? id) else {
            return refuse(waiter, .inconsistentProtocol, memberId: id)
        }
        if let replaced { return replace(replaced, request, newId: newId, waiter) }
        if isPending {
            pending.remove(id)
            actions.append(.cancel(.session(id)))
            return add(request, id: id, isKnown: true, waiter)
        }
        guard id.isEmpty else { return rejoin(request, waiter) }
        guard members.count + pending.count < membersMax else { return refuse(waiter, .groupFull) }
        guard request.instanceId == nil, request.requiresKnownMember else {
            return add(request, id: newId, isKnown: request.instanceId != nil, waiter)
        }
        pending.insert(newId)
        actions.append(.set(.session(newId), request.sessionTimeout))
        refuse(waiter, .memberIdRequired, memberId: newId)
    }

    /// Whether all other members know one of the protocols.
    private func supports(_ request: Join, besides id: String) -> Bool {
        guard !request.protocolType.isEmpty, !request.protocols.isEmpty else { return false }
        let others = members.values.filter { $0.id != id }
        guard !others.isEmpty else { return members.isEmpty || request.protocolType == protocolType }
        guard request.protocolType == protocolType else { return false }
        return request.protocols.contains { candidate in
            others.allSatisfy { $0.knows(candidate.name) }
        }
    }

    private mutating func add(_ request: Join, id: String, isKnown: Bool, _ waiter: Waiter) {
        if members.isEmpty { protocolType = request.protocolType }
        put(
            ClassicMember(
                id: id, instanceId: request.instanceId, number: nextNumber(), client: request.client,
                sessionTimeout: request.sessionTimeout, rebalanceTimeout: request.rebalanceTimeout,
                protocols: request.protocols, waiting: .join(waiter), isKnown: isKnown))
        if leader == nil { leader = id }
        if state == .preparingRebalance { joinPhase.hasNewcomer = true }
        rebalance()
    }

    /// A member that is in the group joins again.
    private mutating func rejoin(_ request: Join, _ waiter: Waiter) {
        let id = request.memberId
        guard let member = members[id] else { return refuse(waiter, .unknownMember, memberId: id) }
        let isSame = member.protocols == request.protocols
        // It may not have got the answer to its join; a leader that joins again wants the partitions to be assigned anew.
        if isSame, state == .completingRebalance || (state == .stable && leader != id) {
            actions.append(.answer(waiter, .joined(joined(member))))
            return touch(id)
        }
        update(id, request, waiter)
        rebalance()
    }

    private mutating func update(_ id: String, _ request: Join, _ waiter: Waiter) {
        hold(id, .join(waiter))
        guard var member = members[id] else { return }
        member.client = request.client
        member.sessionTimeout = request.sessionTimeout
        member.rebalanceTimeout = request.rebalanceTimeout
        member.protocols = request.protocols
        put(member)
    }

    /// A static member is back under a new id: it has its assignment again, unless something in the group is different by that (KIP-345).
    private mutating func replace(_ oldId: String, _ request: Join, newId: String, _ waiter: Waiter) {
        guard let old = members[oldId] else { return refuse(waiter, .unknownMember) }
        let oldLeader = leader
        let wasUnsynced = unsynced.contains(oldId)
        remove(oldId, because: .fencedInstance)
        let member = ClassicMember(
            id: newId, instanceId: old.instanceId, number: old.number, client: request.client,
            sessionTimeout: request.sessionTimeout, rebalanceTimeout: request.rebalanceTimeout,
            protocols: request.protocols, assignment: old.assignment, isKnown: true)
        put(member)
        if oldLeader == oldId { leader = newId }
        if wasUnsynced { unsynced.insert(newId) }
        let isSame = chosenProtocol() == protocolName && topics(of: member) == topics(of: old)
        guard state == .stable, isSame else {
            // Where the leader is assigning it does so for an id that is no longer there.
            hold(newId, .join(waiter))
            return rebalance()
        }
        touch(newId)
        var answer = joined(member)
        if leader == newId {
            // A leader that cannot be told to skip the assignment is not told that it leads.
            answer.skipsAssignment = request.canSkipAssignment
            if !request.canSkipAssignment {
                answer.leader = oldId
                answer.members = []
            }
        }
        actions.append(.answer(waiter, .joined(answer)))
    }

    // MARK: The phase of joining

    /// Calls the members together, unless they are already, and goes on where all have come.
    mutating func rebalance() {
        if state != .preparingRebalance { prepareRebalance() }
        proceed()
    }

    private mutating func prepareRebalance() {
        for member in membersByAge where member.isSyncing {
            release(member.id, .refused(.rebalanceInProgress, memberId: member.id))
        }
        unsynced = []
        actions.append(.cancel(.sync))
        joinPhase = JoinPhase(isInitial: state == .empty && initialDelay > .zero)
        if joinPhase.isInitial { joinPhase.remaining = max(.zero, rebalanceTimeout - initialDelay) }
        actions.append(.set(.rebalance, joinPhase.isInitial ? initialDelay : rebalanceTimeout))
        state = .preparingRebalance
    }

    private var rebalanceTimeout: Duration { members.values.map(\.rebalanceTimeout).max() ?? .zero }

    /// Ends the phase of joining where nobody is missing.
    mutating func proceed() {
        guard state == .preparingRebalance else { return }
        if joinPhase.isOver || !isOccupied { return completeJoin() }
        guard !joinPhase.isInitial, pending.isEmpty, members.values.allSatisfy(\.isJoining) else { return }
        completeJoin()
    }

    mutating func rebalanceExpired() {
        guard state == .preparingRebalance else { return }
        if joinPhase.isInitial, joinPhase.hasNewcomer, joinPhase.remaining > .zero {
            let delay = min(initialDelay, joinPhase.remaining)
            joinPhase.remaining -= delay
            joinPhase.hasNewcomer = false
            actions.append(.set(.rebalance, delay))
            return
        }
        completeJoin()
    }

    private mutating func completeJoin() {
        joinPhase.isOver = true
        guard commitsUnderWay == 0 else { return }
        for member in membersByAge where !member.isJoining && member.instanceId == nil { remove(member.id) }
        guard members.isEmpty || electLeader() else {
            // Static members that are not here have their session timeouts to come back.
            joinPhase = JoinPhase()
            actions.append(.set(.rebalance, rebalanceTimeout))
            return
        }
        joinPhase = JoinPhase()
        actions.append(.cancel(.rebalance))
        generation = generation == .max ? 1 : generation + 1
        guard !members.isEmpty else {
            state = .empty
            (protocolName, leader) = (nil, nil)
            return
        }
        protocolName = chosenProtocol()
        state = .completingRebalance
        let here = membersByAge.filter(\.isJoining)
        for var member in membersByAge where !member.assignment.isEmpty {
            member.assignment = []
            put(member)
        }
        unsynced = Set(here.map(\.id))
        for member in here { release(member.id, .joined(joined(member))) }
        actions.append(.set(.sync, rebalanceTimeout))
    }

    /// The leader stays if it is here; else the oldest that is. False where nobody is.
    private mutating func electLeader() -> Bool {
        if let leader, members[leader]?.isJoining == true { return true }
        guard let next = membersByAge.first(where: \.isJoining) else { return false }
        leader = next.id
        return true
    }

    /// Of the protocols that all know, the one that most like best.
    private func chosenProtocol() -> String? {
        let all = membersByAge
        guard let first = all.first else { return nil }
        let common = first.protocols.map(\.name).filter { name in all.allSatisfy { $0.knows(name) } }
        var votes: [String: Int] = [:]
        for member in all {
            if let vote = member.protocols.first(where: { common.contains($0.name) }) {
                votes[vote.name, default: 0] += 1
            }
        }
        let most = votes.values.max()
        return common.first { votes[$0] == most }
    }

    /// What the member is told of the present generation.
    private func joined(_ member: ClassicMember) -> Joined {
        let peers = leader == member.id ? membersByAge : []
        return Joined(
            memberId: member.id, generation: generation, protocolType: protocolType, protocolName: protocolName,
            leader: leader ?? "",
            members: peers.map {
                Joined.Peer(memberId: $0.id, instanceId: $0.instanceId, metadata: $0.metadata(of: protocolName))
            })
    }

    // MARK: Subscriptions

    /// The topics that the group reads; nil where they cannot be told.
    var subscribedTopics: Set<String>? {
        guard isOccupied else { return [] }
        var all: Set<String> = []
        for member in members.values {
            guard let topics = topics(of: member) else { return nil }
            all.formUnion(topics)
        }
        return all
    }

    /// The topics that a consumer subscribes to; nil for what is no consumer.
    private func topics(of member: ClassicMember) -> Set<String>? {
        guard protocolType == ConsumerSubscription.protocolType else { return nil }
        let name = protocolName ?? member.protocols.first?.name
        return ConsumerSubscription.topics(in: member.metadata(of: name))
    }
}
