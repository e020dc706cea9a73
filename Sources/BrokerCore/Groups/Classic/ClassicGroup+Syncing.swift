extension ClassicGroup {
    mutating func sync(_ request: Sync, _ waiter: Waiter) {
        let id = request.identity.memberId
        if let refusal = refusal(of: request.identity) { return refuse(waiter, refusal) }
        let isOther =
            request.protocolType.map { $0 != protocolType } ?? false
            || request.protocolName.map { $0 != protocolName } ?? false
        guard !isOther else { return refuse(waiter, .inconsistentProtocol) }
        switch state {
        case .empty: refuse(waiter, .unknownMember)
        case .preparingRebalance: refuse(waiter, .rebalanceInProgress)
        case .completingRebalance:
            hold(id, .sync(waiter))
            synced(id)
            if leader == id { assign(request.assignments) }
        case .stable:
            synced(id)
            actions.append(.answer(waiter, assignment(of: id)))
            touch(id)
        }
    }

    /// The leader has spoken: whoever waits for it is told.
    private mutating func assign(_ assignments: [String: [UInt8]]) {
        state = .stable
        for var member in membersByAge {
            member.assignment = assignments[member.id] ?? []
            put(member)
            if member.isSyncing { release(member.id, assignment(of: member.id)) }
        }
    }

    private func assignment(of id: String) -> Answer {
        .synced(
            protocolType: protocolType, protocolName: protocolName, assignment: members[id]?.assignment ?? [])
    }

    private mutating func synced(_ id: String) {
        guard unsynced.remove(id) != nil, unsynced.isEmpty else { return }
        actions.append(.cancel(.sync))
    }

    private mutating func syncExpired() {
        guard state == .completingRebalance || state == .stable, !unsynced.isEmpty else { return }
        for id in unsynced.sorted() { remove(id) }
        rebalance()
    }

    mutating func heartbeat(_ identity: Identity, _ waiter: Waiter) {
        if let refusal = refusal(of: identity) { return refuse(waiter, refusal) }
        touch(identity.memberId)
        guard state != .preparingRebalance else { return refuse(waiter, .rebalanceInProgress) }
        actions.append(.answer(waiter, .done))
    }

    // MARK: Going

    mutating func leave(_ memberId: String, _ instanceId: String?, _ waiter: Waiter) {
        if pending.remove(memberId) != nil {
            actions += [.cancel(.session(memberId)), .answer(waiter, .done)]
            return proceed()
        }
        let id = memberId.isEmpty ? instanceId.flatMap { instances[$0] } ?? "" : memberId
        if let refusal = refusal(of: id, instanceId: instanceId) { return refuse(waiter, refusal) }
        actions.append(.answer(waiter, .done))
        remove(id)
        rebalance()
    }

    mutating func abandon(_ waiter: Waiter) {
        let waits = members.values.first { $0.waiting == .join(waiter) || $0.waiting == .sync(waiter) }
        guard let waits else { return }
        guard waits.isKnown else {
            remove(waits.id, because: .notAvailable)
            return rebalance()
        }
        release(waits.id, .refused(.notAvailable, memberId: waits.id))
    }

    mutating func expire(_ timer: Timer) {
        switch timer {
        case .rebalance: rebalanceExpired()
        case .sync: syncExpired()
        case .session(let id):
            if pending.remove(id) != nil { return proceed() }
            guard members[id]?.waiting == nil, members[id] != nil else { return }
            remove(id)
            rebalance()
        }
    }

    // MARK: Committing

    mutating func beginCommit(_ identity: Identity, inTransaction: Bool, _ waiter: Waiter) {
        if identity.isNobody {
            guard state == .empty || inTransaction else { return refuse(waiter, .unknownMember) }
        } else {
            if let refusal = refusal(of: identity) { return refuse(waiter, refusal) }
            // In the one state the partitions are being given out already, in the other nothing is allowed to begin any more.
            // A transactional producer knows no rebalance: the one error aborts its transaction, the other would end Java's for good.
            guard state != .completingRebalance, !joinPhase.isOver else {
                return refuse(waiter, inTransaction ? .illegalGeneration : .rebalanceInProgress)
            }
            touch(identity.memberId)
        }
        commitsUnderWay += 1
        actions.append(.answer(waiter, .done))
    }

    mutating func endCommit() {
        commitsUnderWay -= 1
        if commitsUnderWay == 0, joinPhase.isOver { proceed() }
    }
}
