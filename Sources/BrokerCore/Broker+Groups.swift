import Records
import SegmentedLog

/// What Kafka's clients ask about groups, whose members may be they or this process's stages.
extension Broker {
    /// Makes positions durable for the group, in one write.
    /// - Returns: nil once they are; or why this member may not commit.
    /// - Throws: `.invalid`, `.diskFull`, `.io`, `.closed`; nothing is committed then.
    package func commit(
        _ positions: [TopicPartition: CommittedPosition], of group: String, by member: ClassicGroup.Identity
    ) async throws(BrokerError) -> GroupRefusal? {
        if let refusal = classicGroups.beginCommit(group, by: member) { return refusal }
        defer { classicGroups.endCommit(group) }
        if !positions.isEmpty { try await offsets.commit(positions, of: group) }
        return nil
    }

    /// The group's durable position in the partition.
    package func committed(group: String, in source: TopicPartition) -> CommittedPosition? {
        offsets.position(of: group, in: source)
    }

    /// Whether a transaction that is not over has a position of the group in the partition.
    package func hasPendingPosition(of group: String, in source: TopicPartition) -> Bool {
        offsets.isPending(source, of: group)
    }

    /// All groups that have members, positions or a generation.
    package var groupDescriptions: [GroupDescription] {
        let stages = groups.snapshot()
        let machines = classicGroups.machines
        return Set(stages.keys).union(machines.keys).union(offsets.groups).sorted().map { name in
            describe(name, stages[name], machines[name])
        }
    }

    /// Nil where there is no such group.
    package func groupDescription(of name: String) -> GroupDescription? {
        let stages = groups.snapshot(of: name)
        let machine = classicGroups.machine(of: name)
        guard stages != nil || machine != nil || !offsets.positions(of: name).isEmpty else { return nil }
        return describe(name, stages, machine)
    }

    private func describe(_ name: String, _ stages: GroupSnapshot?, _ machine: ClassicGroup?) -> GroupDescription {
        if let stages {
            let members = stages.owned.sorted { $0.key < $1.key }.map { id, owned in
                GroupDescription.Member(
                    id: "stage-\(id)", client: GroupClient(id: "sluice", host: ""),
                    metadata: ConsumerSubscription.bytes(topics: Set(stages.subscribed.map(\.topic))),
                    assignment: ConsumerSubscription.assignment(owned))
            }
            return GroupDescription(
                name: name, state: .stable, protocolType: ConsumerSubscription.protocolType, protocolName: "stages",
                members: members)
        }
        let isStable = machine?.state == .stable
        let members = (machine?.membersByAge ?? []).map { member in
            GroupDescription.Member(
                id: member.id, instanceId: member.instanceId, client: member.client,
                metadata: isStable ? member.metadata(of: machine?.protocolName) : [],
                assignment: isStable ? member.assignment : [])
        }
        return GroupDescription(
            name: name, state: machine?.state ?? .empty, protocolType: machine?.protocolType ?? "",
            protocolName: isStable ? machine?.protocolName ?? "" : "", members: members)
    }

    /// Forgets a group with its positions.
    /// - Returns: nil once that is durable; `.unknownGroup`, `.notEmpty`, or `.notAvailable` where the same call may work later.
    /// - Throws: `.diskFull`, `.io`, `.closed`.
    package func deleteGroup(_ name: String) async throws(BrokerError) -> GroupRefusal? {
        guard groupDescription(of: name) != nil else {
            try offsets.requireKnown()
            return .unknownGroup
        }
        // Nobody comes in before it is done.
        switch classicGroups.beginCommit(name, by: .nobody) {
        case nil: break
        // Somebody is in it, be it a client or a stage.
        case .unknownMember: return .notEmpty
        // The table of groups is full of others, which end.
        case .groupFull: return .notAvailable
        case let refusal?: return refusal
        }
        defer {
            classicGroups.endCommit(name)
            classicGroups.forget(name)
        }
        let sources = offsets.positions(of: name).keys
        guard !sources.contains(where: { offsets.isPending($0, of: name) }) else { return .notEmpty }
        try await offsets.forget(sources, of: name)
        return nil
    }

    /// The topics that the group's members read: their positions are not to be deleted. Nil where they cannot be told.
    package func subscribedTopics(of group: String) -> Set<String>? {
        if let stages = groups.snapshot(of: group) { return Set(stages.subscribed.map(\.topic)) }
        guard let machine = classicGroups.machine(of: group) else { return [] }
        return machine.subscribedTopics
    }

    /// Forgets the group's positions in these partitions.
    /// - Throws: `.diskFull`, `.io`, `.closed`.
    package func deletePositions(in sources: Set<TopicPartition>, of group: String) async throws(BrokerError) {
        try await offsets.forget(sources, of: group)
    }

    /// Forgets the positions that are over, as the maintenance does from time to time.
    package func expirePositions(now: Int64 = systemMilliseconds()) async { await expiry.run(now: now) }
}
