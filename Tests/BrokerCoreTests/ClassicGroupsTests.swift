import Records
import SegmentedLog
import Settings
import TestSupport
import Testing

@testable import BrokerCore

/// The table of groups, on the clock, with the positions and with this process's stages beside it.
@Suite("Groups of Kafka's clients in the broker")
struct ClassicGroupsTests {
    private static let settings = {
        var settings = GroupSettings()
        settings.initialRebalanceDelay = .zero
        settings.sessionTimeoutMin = .milliseconds(50)
        return settings
    }()

    private func withBroker(
        settings: GroupSettings = settings, _ body: (Broker, String) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(
            directory: folder.path, settings: EmbeddedSettings(flush: .os), groupSettings: settings)
        _ = try await broker.ensureTopic("t", partitions: 2)
        do {
            try await body(broker, folder.path)
        } catch {
            try? await broker.close()
            throw error
        }
        try await broker.close()
    }

    private func request(_ id: String = "", session: Duration = .seconds(60)) -> ClassicGroup.Join {
        ClassicGroup.Join(
            memberId: id, instanceId: nil, client: GroupClient(id: "c", host: "h"), sessionTimeout: session,
            rebalanceTimeout: .seconds(60), protocolType: "consumer",
            protocols: [GroupProtocol(name: "range", metadata: ConsumerSubscription.bytes(topics: ["t"]))],
            requiresKnownMember: false, canSkipAssignment: true)
    }

    /// A member of its own in a stable group.
    private func enter(
        _ broker: Broker, _ group: String, session: Duration = .seconds(60)
    ) async throws -> ClassicGroup.Identity {
        let answer = await broker.classicGroups.join(group, request(session: session))
        guard case .joined(let joined) = answer else { throw BrokerError(.invalid, "\(answer)") }
        let identity = ClassicGroup.Identity(memberId: joined.memberId, generation: joined.generation)
        let sync = ClassicGroup.Sync(
            identity: identity, protocolType: nil, protocolName: nil, assignments: [joined.memberId: [1]])
        guard case .synced(_, _, [1]) = await broker.classicGroups.sync(group, sync) else {
            throw BrokerError(.invalid, "not synced")
        }
        return identity
    }

    private let source = TopicPartition("t", 0)
    private let position = CommittedPosition(offset: 1, metadata: "m", leaderEpoch: 3)

    @Test("of members that have left no timers stay, however long their sessions could have been")
    func timers() async throws {
        try await withBroker { broker, _ in
            for number in 0..<50 {
                let id = try await enter(broker, "g\(number % 5)", session: .seconds(1800))
                #expect(broker.classicGroups.leave("g\(number % 5)", memberId: id.memberId, instanceId: nil) == nil)
            }
            for number in 0..<5 { broker.classicGroups.forget("g\(number)") }
            #expect(broker.timers.count == 0)
        }
    }

    @Test("a member that knows very many protocols is refused")
    func manyProtocols() async throws {
        try await withBroker { broker, _ in
            var request = request()
            request.protocols = (0..<33).map { GroupProtocol(name: "\($0)", metadata: []) }
            let answer = await broker.classicGroups.join("g", request)
            #expect(answer == .refused(.groupFull, memberId: ""))
        }
    }

    @Test("a member's positions are taken, with metadata and leader epoch, and nobody else's while it is there")
    func commits() async throws {
        try await withBroker { broker, _ in
            let member = try await enter(broker, "g")
            #expect(try await broker.commit([source: position], of: "g", by: member) == nil)
            #expect(broker.committed(group: "g", in: source) == position)
            #expect(try await broker.commit([source: position], of: "g", by: .nobody) == .unknownMember)
            let old = ClassicGroup.Identity(memberId: member.memberId, generation: member.generation - 1)
            #expect(try await broker.commit([source: position], of: "g", by: old) == .illegalGeneration)
            #expect(try await broker.commit([source: position], of: "other", by: member) == .unknownMember)
            #expect(try await broker.commit([source: position], of: "", by: .nobody) == .invalidGroup)
            #expect(try await broker.deleteGroup("g") == .notEmpty)
            #expect(broker.classicGroups.leave("g", memberId: member.memberId, instanceId: nil) == nil)
            #expect(try await broker.commit([source: position], of: "g", by: .nobody) == nil)
            #expect(broker.groupDescription(of: "g")?.state == .empty)
            #expect(try await broker.deleteGroup("g") == nil)
            #expect(broker.committed(group: "g", in: source) == nil)
            #expect(try await broker.deleteGroup("g") == .unknownGroup)
            #expect(broker.groupDescriptions == [])
        }
    }

    @Test("where a refused commit may be found by the next start, neither it nor its group is said to be deleted")
    func deletionOnAFailedDisk() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        var broker = try await Broker.open(directory: folder.path, disk: disk)
        _ = try await broker.ensureTopic("t", partitions: 1)
        disk.failSyncs { $0.contains(OffsetRecord.topic) ? LogError(.io, "fdatasync failed", segment: $0) : nil }
        await #expect(throws: BrokerError.self) { try await broker.commit([source: position], of: "g", by: .nobody) }
        #expect(broker.committed(group: "g", in: source) == nil)
        var error = await #expect(throws: BrokerError.self) {
            try await broker.deletePositions(in: [source], of: "g")
        }
        #expect(error?.code == .io)
        error = await #expect(throws: BrokerError.self) { try await broker.deleteGroup("g") }
        #expect(error?.code == .io)
        disk.failSyncs(nil)
        try? await broker.close()
        broker = try await Broker.open(directory: folder.path)
        #expect(broker.committed(group: "g", in: source) == position)
        #expect(try await broker.deleteGroup("g") == nil)
        try await broker.close()
    }

    @Test("a member that is silent for its session timeout is out, one that is heard of is not")
    func sessions() async throws {
        try await withBroker { broker, _ in
            let session = Duration.seconds(1)
            let silent = try await enter(broker, "silent", session: session * 3 / 2)
            var last = ContinuousClock.now
            // It is in for longer than its session only because it is heard of.
            let heard = try await enter(broker, "heard", session: session)
            try await eventually("the silent one is out") {
                let next = ContinuousClock.now
                let answer = broker.classicGroups.heartbeat("heard", by: heard)
                if answer != nil, last.duration(to: .now) >= session {
                    try Test.cancel("this machine stood still for longer than a session")
                }
                try #require(answer == nil)
                last = next
                return broker.groupDescription(of: "silent")?.members.isEmpty ?? true
            }
            #expect(broker.classicGroups.heartbeat("silent", by: silent) == .unknownMember)
            try await eventually("the other one is out, too") {
                broker.groupDescription(of: "heard")?.members.isEmpty ?? true
            }
        }
    }

    @Test("who gives up waiting is answered at once, and all are when the broker closes")
    func givingUp() async throws {
        try await withBroker { broker, _ in
            _ = try await enter(broker, "g")
            let groups = broker.classicGroups
            // The member that is there does not join again, so this one waits.
            let waits = Task { await groups.join("g", request()) }
            try await eventually("it waits") { groups.machine(of: "g")?.state == .preparingRebalance }
            waits.cancel()
            guard case .refused(.notAvailable, _) = await waits.value else {
                Issue.record("it is not refused")
                return
            }
            #expect(groups.machine(of: "g")?.members.count == 1)
            let last = Task { await groups.join("g", request()) }
            try await eventually("it waits") { groups.machine(of: "g")?.members.count == 2 }
            groups.close()
            #expect(await last.value == .refused(.notAvailable, memberId: ""))
            #expect(await groups.join("g", request()) == .refused(.notAvailable, memberId: ""))
        }
    }

    @Test("a group has members of one kind: Kafka's clients, or this process's stages")
    func kinds() async throws {
        try await withBroker { broker, _ in
            let stage = try broker.join(group: "g", topics: ["t"])
            #expect(await broker.classicGroups.join("g", request()) == .refused(.inconsistentProtocol, memberId: ""))
            #expect(try await broker.commit([source: position], of: "g", by: .nobody) == .unknownMember)
            #expect(try await broker.deleteGroup("g") == .notEmpty)
            let seen = try #require(broker.groupDescription(of: "g"))
            #expect(seen.state == .stable && seen.protocolType == "consumer" && seen.members.count == 1)
            #expect(broker.subscribedTopics(of: "g") == ["t"])
            await stage.close()

            let member = try await enter(broker, "g")
            let error = #expect(throws: BrokerError.self) { try broker.join(group: "g", topics: ["t"]) }
            #expect(error?.code == .inUse && error?.message.contains("'g'") == true)
            #expect(broker.classicGroups.leave("g", memberId: member.memberId, instanceId: nil) == nil)
            try await broker.join(group: "g", topics: ["t"]).close()
        }
    }

    @Test("tables have limits: groups, where empty ones give way, and what members hold")
    func limits() async throws {
        var settings = Self.settings
        settings.groupsMax = 2
        settings.heldBytesMax = 2000
        try await withBroker(settings: settings) { broker, _ in
            let first = try await enter(broker, "a")
            _ = try await enter(broker, "b")
            #expect(await broker.classicGroups.join("c", request()) == .refused(.groupFull, memberId: ""))
            _ = broker.classicGroups.leave("a", memberId: first.memberId, instanceId: nil)
            _ = try await enter(broker, "c")
            #expect(Set(broker.classicGroups.machines.keys) == ["b", "c"])
            var large = request()
            large.protocols = [GroupProtocol(name: "range", metadata: [UInt8](repeating: 0, count: 2000))]
            #expect(await broker.classicGroups.join("c", large) == .refused(.groupFull, memberId: ""))
            var short = request()
            short.sessionTimeout = .milliseconds(10)
            #expect(await broker.classicGroups.join("c", short) == .refused(.invalidSessionTimeout, memberId: ""))
        }
    }

    @Test("a group is not deleted where the coordinator cannot do it now, which is no word about its members")
    func deletionLater() async throws {
        var settings = Self.settings
        settings.groupsMax = 1
        try await withBroker(settings: settings) { broker, _ in
            #expect(try await broker.commit([source: position], of: "idle", by: .nobody) == nil)
            _ = try await enter(broker, "busy")
            // The table is full of groups in use.
            #expect(try await broker.deleteGroup("idle") == .notAvailable)
            #expect(try await broker.deleteGroup("busy") == .notEmpty)
            #expect(try await broker.deleteGroup("none") == .unknownGroup)
            broker.classicGroups.close()
            #expect(try await broker.deleteGroup("idle") == .notAvailable)
            #expect(broker.committed(group: "idle", in: source) == position)
        }
    }

    // MARK: Expiry

    private static let day: Int64 = 86_400_000

    @Test(
        "positions are over when nobody has been in their group for long, or nobody in it reads their topic",
        arguments: [
            (.empty(since: nil), 1, []), (.empty(since: nil), 9, [0, 1]), (.empty(since: 0), 6, []),
            // All or none: the group was alive at its last commit.
            (.empty(since: nil), 7, []), (.empty(since: 3 * day), 9, []), (.empty(since: 3 * day), 10, [0, 1]),
            (.occupied(topics: ["t"]), 99, []), (.occupied(topics: nil), 99, []),
            (.occupied(topics: ["u"]), 7, [0]), (.occupied(topics: []), 8, [0, 1]),
        ] as [(OffsetExpiry.Membership, Int64, [Int32])])
    func expired(membership: OffsetExpiry.Membership, days: Int64, partitions: [Int32]) {
        let times = [TopicPartition("t", 0): 0, TopicPartition("t", 1): Self.day]
        let over = OffsetExpiry.expired(
            times, of: membership, now: days * Self.day, retention: .seconds(7 * 86_400))
        #expect(over == partitions.map { TopicPartition("t", $0) })
    }

    @Test("positions that are over are forgotten for good, also when the broker has been started since their commit")
    func expiry() async throws {
        let folder = try TemporaryFolder()
        var broker = try await Broker.open(directory: folder.path, groupSettings: Self.settings)
        _ = try await broker.ensureTopic("t", partitions: 2)
        #expect(try await broker.commit([source: position], of: "g", by: .nobody) == nil)
        let member = try await enter(broker, "live")
        #expect(try await broker.commit([source: position], of: "live", by: member) == nil)
        try await broker.close()
        broker = try await Broker.open(directory: folder.path, groupSettings: Self.settings)
        #expect(broker.committed(group: "g", in: source) == position)
        _ = try await enter(broker, "live")
        let now = systemMilliseconds()
        await broker.expirePositions(now: now + 6 * Self.day)
        #expect(broker.committed(group: "g", in: source) == position)
        await broker.expirePositions(now: now + 8 * Self.day)
        #expect(broker.committed(group: "g", in: source) == nil)
        #expect(broker.committed(group: "live", in: source) == position)
        try await broker.close()
        broker = try await Broker.open(directory: folder.path, groupSettings: Self.settings)
        #expect(broker.groupNames == ["live"])
        try await broker.close()
    }
}
