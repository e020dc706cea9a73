@testable import BrokerCore

/// A classic group whose clients, timers and answers are in the hands of a test.
final class ScriptedGroup {
    private(set) var group: ClassicGroup
    /// What was answered to whom; a second answer to one request is kept in `doubled`.
    private(set) var answers: [ClassicGroup.Waiter: ClassicGroup.Answer] = [:]
    private(set) var doubled: [ClassicGroup.Waiter] = []
    private(set) var timers: [ClassicGroup.Timer: Duration] = [:]
    private(set) var lastWaiter: ClassicGroup.Waiter = 0

    init(membersMax: Int = 100, initialDelay: Duration = .zero) {
        group = ClassicGroup(membersMax: membersMax, initialDelay: initialDelay)
    }

    @discardableResult
    func send(_ event: (ClassicGroup.Waiter) -> ClassicGroup.Event) -> ClassicGroup.Waiter {
        lastWaiter += 1
        for action in group.handle(event(lastWaiter)) {
            switch action {
            case .answer(let waiter, let answer):
                if answers.updateValue(answer, forKey: waiter) != nil { doubled.append(waiter) }
            case .set(let timer, let delay): timers[timer] = delay
            case .cancel(let timer): timers[timer] = nil
            }
        }
        return lastWaiter
    }

    static func request(
        _ id: String = "", instance: String? = nil, protocols: [String] = ["range"], metadata: [UInt8] = [],
        type: String = "consumer", session: Int = 10, rebalance: Int = 60, requiresKnownMember: Bool = false,
        canSkip: Bool = true
    ) -> ClassicGroup.Join {
        ClassicGroup.Join(
            memberId: id, instanceId: instance, client: GroupClient(id: "client", host: "host"),
            sessionTimeout: .seconds(session), rebalanceTimeout: .seconds(rebalance), protocolType: type,
            protocols: protocols.map { GroupProtocol(name: $0, metadata: metadata) },
            requiresKnownMember: requiresKnownMember, canSkipAssignment: canSkip)
    }

    /// A newcomer's id is the one that is given here.
    @discardableResult
    func join(_ request: ClassicGroup.Join, newId: String = "new") -> ClassicGroup.Waiter {
        send { .join(request, newId: newId, $0) }
    }

    @discardableResult
    func sync(
        _ id: String, instance: String? = nil, generation: Int32? = nil, type: String? = nil, name: String? = nil,
        _ assignments: [String: [UInt8]] = [:]
    ) -> ClassicGroup.Waiter {
        let identity = identity(id, instance, generation)
        return send {
            .sync(.init(identity: identity, protocolType: type, protocolName: name, assignments: assignments), $0)
        }
    }

    func identity(_ id: String, _ instance: String?, _ generation: Int32?) -> ClassicGroup.Identity {
        ClassicGroup.Identity(memberId: id, instanceId: instance, generation: generation ?? group.generation)
    }

    /// Nil where all is well.
    func heartbeat(_ id: String, instance: String? = nil, generation: Int32? = nil) -> GroupRefusal? {
        let identity = identity(id, instance, generation)
        return refusal(send { .heartbeat(identity, $0) })
    }

    func leave(_ id: String, instance: String? = nil) -> GroupRefusal? {
        refusal(send { .leave(memberId: id, instanceId: instance, $0) })
    }

    func beginCommit(
        _ id: String, instance: String? = nil, generation: Int32? = nil, inTransaction: Bool = false
    ) -> GroupRefusal? {
        let identity = identity(id, instance, generation)
        return refusal(send { .commitBegan(identity, inTransaction: inTransaction, $0) })
    }

    func expire(_ timer: ClassicGroup.Timer) {
        timers[timer] = nil
        send { _ in .expired(timer) }
    }

    func refusal(_ waiter: ClassicGroup.Waiter) -> GroupRefusal? {
        guard case .refused(let refusal, _) = answers[waiter] else { return nil }
        return refusal
    }

    func joined(_ waiter: ClassicGroup.Waiter) -> ClassicGroup.Joined? {
        guard case .joined(let joined) = answers[waiter] else { return nil }
        return joined
    }

    func assignment(_ waiter: ClassicGroup.Waiter) -> [UInt8]? {
        guard case .synced(_, _, let assignment) = answers[waiter] else { return nil }
        return assignment
    }

    /// A stable group of these members, the first of them its leader; each has its number as its assignment.
    static func stable(_ ids: [String], instances: [String: String] = [:]) -> ScriptedGroup {
        let script = ScriptedGroup()
        // The second member's join begins a rebalance, for which the first has to come again.
        for id in ids { script.join(request(instance: instances[id]), newId: id) }
        if ids.count > 1 { script.join(request(ids[0], instance: instances[ids[0]])) }
        let assignments = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, [UInt8($0)]) })
        for id in ids.reversed() { script.sync(id, instance: instances[id], id == ids[0] ? assignments : [:]) }
        return script
    }
}
