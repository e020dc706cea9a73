import TestSupport
import Testing

@testable import BrokerCore

/// Clients that do anything at any time.
@Suite("A group of Kafka's classic protocol, at random")
struct ClassicGroupRandomTests {
    @Test("whatever clients do, each request is answered once, generations rise, and what waits has a timer")
    func random() {
        var random = SeededGenerator.announced(for: "ClassicGroupRandomTests")
        for _ in 0..<400 {
            let script = ScriptedGroup(
                membersMax: 6, initialDelay: [.zero, .seconds(3)].randomElement(using: &random) ?? .zero)
            var ids: [String] = ["", "nobody"]
            var commits = 0
            var generation: Int32 = 0
            for step in 0..<120 {
                act(script, &ids, &commits, step, &random)
                #expect(script.group.generation >= generation)
                generation = script.group.generation
                #expect(check(script) == nil)
                if check(script) != nil { return }
            }
            // The clients fall silent.
            for _ in 0..<commits { script.send { _ in .commitEnded } }
            for _ in 0..<1000 where script.group.isOccupied {
                let timers = script.timers.keys.sorted { "\($0)" < "\($1)" }
                guard let timer = timers.randomElement(using: &random) else { break }
                script.expire(timer)
                #expect(check(script) == nil)
            }
            #expect(!script.group.isOccupied)
            #expect(script.group.state == .empty, "\(script.group)")
            #expect(script.group.sizeInBytes == 0)
            #expect(script.timers.isEmpty)
        }
    }

    private func act(
        _ script: ScriptedGroup, _ ids: inout [String], _ commits: inout Int, _ step: Int,
        _ random: inout SeededGenerator
    ) {
        let id = ids.randomElement(using: &random) ?? ""
        let known = script.group.members.keys.sorted().randomElement(using: &random) ?? id
        let instances: [String?] = [nil, nil, nil, "i", "j"]
        let instance = script.group.members[known]?.instanceId
        let generation = script.group.generation - (random.below(8) == 0 ? 1 : 0)
        switch random.below(16) {
        case 0, 1, 2:
            let newId = "m\(step)"
            ids.append(newId)
            script.join(
                ScriptedGroup.request(
                    instance: instances.randomElement(using: &random) ?? nil,
                    protocols: random.below(2) == 0 ? ["range", "sticky"] : ["sticky"],
                    metadata: [UInt8(random.below(2))],
                    requiresKnownMember: random.below(2) == 0, canSkip: random.below(2) == 0), newId: newId)
        case 3, 4, 5, 6:
            script.join(
                ScriptedGroup.request(
                    random.below(8) == 0 ? id : known, instance: instance, protocols: ["sticky", "range"],
                    metadata: [UInt8(random.below(2))]),
                newId: "m\(step)")
        case 7, 8, 9:
            let assignments = script.group.members.mapValues { _ in [UInt8(1)] }
            script.sync(known, instance: instance, generation: generation, assignments)
        case 10: _ = script.heartbeat(known, instance: instance, generation: generation)
        case 11: _ = script.leave(random.below(2) == 0 ? id : known)
        case 12:
            if script.beginCommit(known, instance: instance, generation: generation) == nil { commits += 1 }
        case 13:
            guard commits > 0 else { return }
            commits -= 1
            script.send { _ in .commitEnded }
        case 14:
            let waiter = UInt64(random.below(Int(script.lastWaiter) + 1))
            script.send { _ in .abandoned(waiter) }
        default:
            let timer = script.timers.keys.sorted { "\($0)" < "\($1)" }.randomElement(using: &random)
            if let timer { script.expire(timer) }
        }
    }

    /// What does not hold that should.
    private func check(_ script: ScriptedGroup) -> String? {
        let group = script.group
        guard script.doubled.isEmpty else { return "answered twice: \(script.doubled)" }
        for member in group.members.values {
            let hasTimer = script.timers[.session(member.id)] != nil
            guard hasTimer == (member.waiting == nil) else { return "\(member) has a timer: \(hasTimer)" }
            switch member.waiting {
            case .join(let waiter), .sync(let waiter):
                guard script.answers[waiter] == nil else { return "\(member) waits for what was answered" }
            case nil: break
            }
            let mayWait = member.isJoining ? group.state == .preparingRebalance : group.state == .completingRebalance
            guard member.waiting == nil || mayWait else { return "\(member) waits in \(group.state)" }
        }
        for id in group.pending where script.timers[.session(id)] == nil { return "\(id) stays pending" }
        let instances = group.members.values.filter { $0.instanceId != nil }
        guard instances.count == group.instances.count else { return "\(group.instances) of \(instances)" }
        guard group.members.count + group.pending.count <= 6 else { return "too many" }
        guard group.sizeInBytes == group.members.values.reduce(0, { $0 + $1.sizeInBytes }) else { return "the size" }
        guard group.members.isEmpty || group.leader.map({ group.members[$0] != nil }) == true else {
            return "no leader"
        }
        let sessions = script.timers.keys.count {
            if case .session = $0 { true } else { false }
        }
        guard sessions <= group.members.count + group.pending.count else { return "a timer of nobody" }
        switch group.state {
        case .empty:
            guard group.members.isEmpty, script.timers[.rebalance] == nil, script.timers[.sync] == nil else {
                return "empty, with members or timers"
            }
        case .preparingRebalance:
            guard script.timers[.rebalance] != nil || group.joinPhase.isOver else { return "it never ends" }
        case .completingRebalance:
            guard script.timers[.sync] != nil, !group.unsynced.isEmpty else { return "the leader is never missed" }
        case .stable:
            guard group.unsynced.isEmpty || script.timers[.sync] != nil else { return "a member is never missed" }
        }
        return leaders(script)
    }

    /// Of each generation there is one leader, and what it was told has everybody in it who was told of the generation by it.
    private func leaders(_ script: ScriptedGroup) -> String? {
        var leaders: [Int32: Set<String>] = [:]
        for case .joined(let joined) in script.answers.values where !joined.skipsAssignment && !joined.members.isEmpty {
            guard joined.leader == joined.memberId else { return "members told to \(joined)" }
            leaders[joined.generation, default: []].insert(joined.memberId)
        }
        return leaders.first { $0.value.count > 1 }.map { "two leaders: \($0)" }
    }
}
