import Testing

@testable import BrokerCore

/// Scenarios of Apache Kafka's coordinator, one step after the other.
@Suite("A group of Kafka's classic protocol")
struct ClassicGroupTests {
    typealias Script = ScriptedGroup

    @Test("a lone member leads the first generation, and has what it assigns itself")
    func alone() throws {
        let script = Script()
        let joined = try #require(script.joined(script.join(Script.request(metadata: [7]), newId: "a")))
        #expect(
            joined
                == ClassicGroup.Joined(
                    memberId: "a", generation: 1, protocolType: "consumer", protocolName: "range", leader: "a",
                    members: [.init(memberId: "a", instanceId: nil, metadata: [7])]))
        #expect(script.group.state == .completingRebalance)
        #expect(script.heartbeat("a") == nil)
        #expect(script.beginCommit("a") == .rebalanceInProgress)
        #expect(script.assignment(script.sync("a", ["a": [1]])) == [1])
        #expect(script.group.state == .stable)
        #expect(script.heartbeat("a") == nil)
        // Asked for again, it is the same.
        #expect(script.assignment(script.sync("a")) == [1])
        #expect(script.timers == [.session("a"): .seconds(10)])
    }

    @Test("members that join make a new generation, for which the leader assigns, and who waits for it is told")
    func threeMembers() throws {
        let script = Script.stable(["a"])
        let second = script.join(Script.request(), newId: "b")
        #expect(script.answers[second] == nil)
        #expect(script.heartbeat("a") == .rebalanceInProgress)
        // What has begun to be processed may be committed until the member joins again.
        #expect(script.beginCommit("a") == nil)
        script.send { _ in .commitEnded }
        let third = script.join(Script.request(), newId: "c")
        let first = script.join(Script.request("a"))
        #expect(script.group.generation == 2)
        #expect(script.joined(first)?.members.map(\.memberId) == ["a", "b", "c"])
        #expect(script.joined(second)?.members == [])
        #expect(script.joined(third)?.leader == "a")
        let waits = script.sync("b")
        #expect(script.answers[waits] == nil)
        #expect(script.assignment(script.sync("a", ["a": [1], "b": [2]])) == [1])
        #expect(script.assignment(waits) == [2])
        // One that the leader has given nothing.
        #expect(script.assignment(script.sync("c")) == [])
        #expect(Set(script.timers.keys) == [.session("a"), .session("b"), .session("c")])
    }

    @Test("a newcomer is given an id to join with; not joining with it, it is forgotten")
    func memberIdRequired() throws {
        let script = Script()
        let first = script.join(Script.request(requiresKnownMember: true), newId: "a")
        #expect(script.answers[first] == .refused(.memberIdRequired, memberId: "a"))
        #expect(script.timers == [.session("a"): .seconds(10)])
        script.expire(.session("a"))
        #expect(script.refusal(script.join(Script.request("a"))) == .unknownMember)
        #expect(!script.group.isOccupied)
        script.join(Script.request(requiresKnownMember: true), newId: "b")
        #expect(script.joined(script.join(Script.request("b")))?.memberId == "b")
    }

    @Test("a generation waits for a newcomer that was given an id, and no longer once that is forgotten or leaves")
    func pendingMembers() {
        for ends in [0, 1] {
            let script = Script.stable(["a"])
            script.join(Script.request(requiresKnownMember: true), newId: "b")
            let again = script.join(Script.request("a"))
            #expect(script.answers[again] == nil)
            if ends == 0 { script.expire(.session("b")) } else { #expect(script.leave("b") == nil) }
            #expect(script.joined(again)?.generation == 2)
        }
    }

    @Test(
        "the first generation waits for others, a while longer for each time one has come, and at most the rebalance timeout"
    )
    func initialDelay() {
        let script = Script(initialDelay: .seconds(3))
        let first = script.join(Script.request(rebalance: 7), newId: "a")
        #expect(script.timers[.rebalance] == .seconds(3))
        script.join(Script.request(rebalance: 7), newId: "b")
        script.expire(.rebalance)
        #expect(script.timers[.rebalance] == .seconds(3))
        script.join(Script.request(rebalance: 7), newId: "c")
        script.expire(.rebalance)
        #expect(script.timers[.rebalance] == .seconds(1))
        script.join(Script.request(rebalance: 7), newId: "d")
        script.expire(.rebalance)
        #expect(script.joined(first)?.members.count == 4)
    }

    @Test("who has not joined again by the rebalance timeout is out, also as the leader")
    func rebalanceTimeout() {
        let script = Script.stable(["a", "b"])
        let joins = script.join(Script.request("b", protocols: ["range"], metadata: [1]))
        #expect(script.timers[.rebalance] == .seconds(60))
        script.expire(.rebalance)
        #expect(script.joined(joins)?.leader == "b")
        #expect(script.joined(joins)?.members.count == 1)
        #expect(script.heartbeat("a") == .unknownMember)
    }

    @Test("who does not ask for its assignment in time is out, and the others join again")
    func syncTimeout() {
        let script = Script.stable(["a", "b", "c"])
        for id in ["a", "b", "c"] { script.join(Script.request(id)) }
        let waits = script.sync("b")
        #expect(script.timers[.sync] == .seconds(60))
        script.expire(.sync)
        #expect(script.refusal(waits) == .rebalanceInProgress)
        #expect(script.group.members.keys.sorted() == ["b"])
        #expect(script.group.state == .preparingRebalance)
        #expect(script.joined(script.join(Script.request("b")))?.leader == "b")
    }

    @Test("a member that is not heard of is out; one that waits need not be heard of")
    func sessionTimeout() {
        let script = Script.stable(["a", "b"])
        script.expire(.session("b"))
        #expect(script.heartbeat("b") == .unknownMember)
        #expect(script.heartbeat("a") == .rebalanceInProgress)
        let waits = script.join(Script.request(), newId: "c")
        #expect(script.timers[.session("c")] == nil)
        script.join(Script.request("a"))
        #expect(script.joined(waits) != nil)
        #expect(script.timers[.session("c")] == .seconds(10))
    }

    @Test("members leave: the others join again, and without any the group is empty, in a generation of its own")
    func leaving() {
        let script = Script.stable(["a", "b"])
        #expect(script.leave("b") == nil)
        #expect(script.leave("b") == .unknownMember)
        #expect(script.group.state == .preparingRebalance)
        #expect(script.joined(script.join(Script.request("a")))?.generation == 3)
        #expect(script.leave("a") == nil)
        #expect(script.group.state == .empty)
        #expect(script.group.generation == 4)
        #expect(script.timers.isEmpty)
        #expect(script.group.sizeInBytes == 0)
    }

    @Test(
        "a member that joins again as it was is told what there is; the leader, and one that has changed, begin a generation"
    )
    func joiningAgain() {
        let script = Script.stable(["a", "b"])
        #expect(script.joined(script.join(Script.request("b")))?.generation == 2)
        #expect(script.group.state == .stable)
        let changed = script.join(Script.request("b", metadata: [9]))
        #expect(script.answers[changed] == nil)
        #expect(script.group.state == .preparingRebalance)
        script.join(Script.request("a"))
        #expect(script.joined(changed)?.generation == 3)
        // The answer may not have arrived.
        #expect(script.joined(script.join(Script.request("a")))?.members.count == 2)
        #expect(script.group.state == .completingRebalance)
        script.sync("b")
        script.sync("a")
        script.join(Script.request("a"))
        #expect(script.group.state == .preparingRebalance)
    }

    @Test("a request that is repeated before it is answered takes the place of the earlier one, which is answered too")
    func repeated() {
        let script = Script.stable(["a", "b"])
        let once = script.join(Script.request("a"))
        let twice = script.join(Script.request("a"))
        #expect(script.refusal(once) == .rebalanceInProgress)
        script.join(Script.request("b"))
        #expect(script.joined(twice) != nil)
        let sync = script.sync("b")
        let again = script.sync("b")
        #expect(script.refusal(sync) == .rebalanceInProgress)
        script.sync("a", ["b": [3]])
        #expect(script.assignment(again) == [3])
    }

    @Test("the protocol is the one of all members' that most of them like best; without one in common nobody is let in")
    func protocols() {
        let script = Script()
        script.join(Script.request(protocols: ["range", "sticky"]), newId: "a")
        let second = script.join(Script.request(protocols: ["sticky", "range"]), newId: "b")
        let third = script.join(Script.request(protocols: ["other", "sticky", "range"]), newId: "c")
        script.join(Script.request("a", protocols: ["range", "sticky"]))
        #expect(script.joined(second)?.protocolName == "sticky")
        #expect(script.joined(third)?.protocolType == "consumer")
        for request in [
            Script.request(protocols: ["other"]), Script.request(protocols: ["sticky"], type: "connect"),
            Script.request(protocols: []), Script.request(type: ""),
        ] {
            #expect(script.refusal(script.join(request)) == .inconsistentProtocol)
        }
        #expect(script.refusal(script.sync("a", type: "connect")) == .inconsistentProtocol)
        #expect(script.refusal(script.sync("a", name: "range")) == .inconsistentProtocol)
        // Once it is empty, anything goes.
        for id in ["a", "b", "c"] { _ = script.leave(id) }
        #expect(script.joined(script.join(Script.request(type: "connect"), newId: "d"))?.protocolType == "connect")
    }

    @Test("a member of another generation, and one that is not known, are told so")
    func fencing() {
        let script = Script.stable(["a"])
        #expect(script.heartbeat("a", generation: 0) == .illegalGeneration)
        #expect(script.refusal(script.sync("a", generation: 2)) == .illegalGeneration)
        #expect(script.beginCommit("a", generation: 0) == .illegalGeneration)
        #expect(script.heartbeat("x") == .unknownMember)
        #expect(script.refusal(script.sync("x")) == .unknownMember)
        #expect(script.refusal(script.join(Script.request("x"))) == .unknownMember)
        #expect(script.beginCommit("x") == .unknownMember)
        #expect(script.leave("") == .unknownMember)
    }

    @Test("over its limit a group takes nobody in, newcomers with an id included; who is in it may join again")
    func limit() {
        let script = Script(membersMax: 2)
        script.join(Script.request(), newId: "a")
        script.join(Script.request(requiresKnownMember: true), newId: "b")
        #expect(script.refusal(script.join(Script.request(), newId: "c")) == .groupFull)
        let second = script.join(Script.request("b"))
        script.join(Script.request("a"))
        #expect(script.joined(second) != nil)
        #expect(script.refusal(script.join(Script.request(), newId: "c")) == .groupFull)
    }

    @Test("what a client wants no more that has gone while it waited")
    func abandoned() {
        let script = Script.stable(["a", "b"])
        // It knows its id, and may come back within its session timeout.
        let known = script.join(Script.request("b", metadata: [1]))
        script.send { _ in .abandoned(known) }
        #expect(script.refusal(known) == .notAvailable)
        #expect(script.timers[.session("b")] == .seconds(10))
        script.join(Script.request("a"))
        #expect(script.group.state == .preparingRebalance)
        script.join(Script.request("b", metadata: [1]))
        #expect(script.group.state == .completingRebalance)
        // One that was never told its id cannot.
        let unknown = script.join(Script.request(), newId: "c")
        script.send { _ in .abandoned(unknown) }
        #expect(script.group.members["c"] == nil)
        script.send { _ in .abandoned(unknown) }
        #expect(script.doubled.isEmpty)
    }

    // MARK: Commits

    @Test("nobody's positions are taken while the group has members")
    func simpleConsumers() {
        let script = Script()
        #expect(script.beginCommit("", generation: -1) == nil)
        script.send { _ in .commitEnded }
        script.join(Script.request(), newId: "a")
        #expect(script.beginCommit("", generation: -1) == .unknownMember)
        // A transactional producer need not say who it is, but what it says is to be right.
        #expect(script.beginCommit("", generation: -1, inTransaction: true) == nil)
        #expect(script.beginCommit("a", generation: 0, inTransaction: true) == .illegalGeneration)
    }

    @Test("a generation ends only when its commits are through, and begins no new one meanwhile")
    func commits() {
        let script = Script.stable(["a", "b"])
        #expect(script.beginCommit("b") == nil)
        #expect(script.beginCommit("b") == nil)
        let first = script.join(Script.request("a"))
        let second = script.join(Script.request("b"))
        #expect(script.beginCommit("b") == .rebalanceInProgress)
        script.send { _ in .commitEnded }
        #expect(script.answers[first] == nil)
        // Somebody new is in time for it.
        let third = script.join(Script.request(), newId: "c")
        script.send { _ in .commitEnded }
        for waiter in [first, second, third] { #expect(script.joined(waiter)?.generation == 3) }
    }

    // MARK: Static members

    @Test("a static member is back under a new id with its assignment, and the one before it is fenced")
    func staticMember() throws {
        let script = Script.stable(["a", "b"], instances: ["b": "i"])
        let back = try #require(script.joined(script.join(Script.request(instance: "i"), newId: "b2")))
        #expect(back.memberId == "b2")
        #expect(back.generation == 2)
        #expect(script.group.state == .stable)
        #expect(script.assignment(script.sync("b2", instance: "i")) == [1])
        #expect(script.heartbeat("b2", instance: "i") == nil)
        #expect(script.heartbeat("b", instance: "i") == .fencedInstance)
        #expect(script.beginCommit("b", instance: "i") == .fencedInstance)
        #expect(script.refusal(script.sync("b", instance: "i")) == .fencedInstance)
        #expect(script.refusal(script.join(Script.request("b", instance: "i"))) == .fencedInstance)
        #expect(script.leave("b", instance: "i") == .fencedInstance)
        #expect(script.heartbeat("b") == .unknownMember)
        #expect(script.timers[.session("b")] == nil)
        // It leaves by its name.
        #expect(script.leave("", instance: "i") == nil)
        #expect(script.leave("", instance: "i") == .unknownMember)
        #expect(script.group.state == .preparingRebalance)
    }

    @Test(
        "a static leader that is back is told to skip the assignment, or that another leads", arguments: [true, false])
    func staticLeader(canSkip: Bool) throws {
        let script = Script.stable(["a", "b"], instances: ["a": "i"])
        let waiter = script.join(Script.request(instance: "i", canSkip: canSkip), newId: "a2")
        let back = try #require(script.joined(waiter))
        #expect(back.skipsAssignment == canSkip)
        #expect(back.leader == (canSkip ? "a2" : "a"))
        #expect(back.members.count == (canSkip ? 2 : 0))
        #expect(script.group.leader == "a2")
        #expect(script.assignment(script.sync("a2", instance: "i")) == [0])
    }

    @Test("a static member that is back for other topics, or while the leader assigns, begins a generation")
    func changedStaticMember() {
        let topics: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0xFF, 0xFF, 0xFF, 0xFF]
        let script = Script.stable(["a", "b"], instances: ["b": "i"])
        let other = script.join(Script.request(instance: "i", metadata: topics), newId: "b2")
        #expect(script.answers[other] == nil)
        #expect(script.group.state == .preparingRebalance)
        script.join(Script.request("a"))
        #expect(script.joined(other)?.generation == 3)
        let waits = script.sync("b2", instance: "i")
        script.join(Script.request(instance: "i", metadata: topics), newId: "b3")
        #expect(script.refusal(waits) == .fencedInstance)
        #expect(script.group.state == .preparingRebalance)
    }

    @Test(
        "a static member that has not joined again has its session timeout for it, as long as any member has joined or not"
    )
    func absentStaticMember() {
        let script = Script.stable(["a", "b"], instances: ["b": "i"])
        let joins = script.join(Script.request("a"))
        script.expire(.rebalance)
        #expect(script.joined(joins)?.members.count == 2)
        #expect(script.timers[.session("b")] != nil)
        script.sync("a")
        #expect(script.timers[.sync] == nil, "an absent member is not waited for")
        _ = script.leave("a")
        script.expire(.rebalance)
        #expect(script.group.state == .preparingRebalance)
        #expect(script.timers[.rebalance] != nil)
        script.expire(.session("b"))
        #expect(script.group.state == .empty)
    }

    @Test("what consumers read is known from what they tell their leader, and of others is not")
    func subscriptions() {
        let script = Script()
        #expect(script.group.subscribedTopics == [])
        script.join(Script.request(metadata: ConsumerSubscription.bytes(topics: ["t", "u"])), newId: "a")
        #expect(script.group.subscribedTopics == ["t", "u"])
        script.join(Script.request(metadata: [0]), newId: "b")
        script.join(Script.request("a"))
        #expect(script.group.subscribedTopics == nil)
    }
}
