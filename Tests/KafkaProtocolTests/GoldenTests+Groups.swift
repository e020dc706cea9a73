import Testing

@testable import KafkaProtocol

/// What members of groups send.
extension GoldenTests {
    @Test("FindCoordinator asks for a group's or a transactional id's", arguments: GoldenRequest.of(.findCoordinator))
    func findCoordinator(golden: GoldenRequest) throws {
        let request: FindCoordinatorRequest = try golden.decoded()
        #expect((0...1).contains(request.keyType) && !request.keys.isEmpty && !request.keys.contains(""))
    }

    @Test("JoinGroup brings protocols of consumers", arguments: GoldenRequest.of(.joinGroup))
    func joinGroup(golden: GoldenRequest) throws {
        let request: JoinGroupRequest = try golden.decoded()
        #expect(!request.group.isEmpty && request.protocolType == "consumer")
        #expect(request.sessionTimeoutMilliseconds >= 6000 && request.rebalanceTimeoutMilliseconds >= 6000)
        #expect(!request.protocols.isEmpty)
        // The version of the subscription, and how many topics it has: at least one.
        for each in request.protocols { #expect(each.metadata.count > 6 && each.metadata[5] > 0, "\(each.name)") }
    }

    @Test("SyncGroup comes from a member of a generation", arguments: GoldenRequest.of(.syncGroup))
    func syncGroup(golden: GoldenRequest) throws {
        let request: SyncGroupRequest = try golden.decoded()
        #expect(!request.group.isEmpty && request.generation > 0 && !request.memberId.isEmpty)
        #expect(request.assignments.allSatisfy { !$0.memberId.isEmpty })
    }

    @Test("Heartbeat comes from a member of a generation", arguments: GoldenRequest.of(.heartbeat))
    func heartbeat(golden: GoldenRequest) throws {
        let request: HeartbeatRequest = try golden.decoded()
        #expect(!request.group.isEmpty && request.generation > 0 && !request.memberId.isEmpty)
    }

    @Test("LeaveGroup names the members that leave", arguments: GoldenRequest.of(.leaveGroup))
    func leaveGroup(golden: GoldenRequest) throws {
        let request: LeaveGroupRequest = try golden.decoded()
        #expect(!request.group.isEmpty && !request.members.isEmpty)
    }

    @Test("OffsetCommit has positions", arguments: GoldenRequest.of(.offsetCommit))
    func offsetCommit(golden: GoldenRequest) throws {
        let request: OffsetCommitRequest = try golden.decoded()
        for topic in request.topics {
            #expect(topic.name.isEmpty == (golden.version >= 10))
            #expect((topic.id == .none) == (golden.version < 10))
            #expect(topic.partitions.allSatisfy { $0.index >= 0 && $0.offset >= 0 })
        }
    }

    @Test("OffsetFetch asks for a group's positions", arguments: GoldenRequest.of(.offsetFetch))
    func offsetFetch(golden: GoldenRequest) throws {
        let request: OffsetFetchRequest = try golden.decoded()
        #expect(!request.groups.isEmpty && request.groups.allSatisfy { !$0.id.isEmpty })
    }
}
