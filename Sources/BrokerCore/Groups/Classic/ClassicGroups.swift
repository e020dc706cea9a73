import Foundation
import SegmentedLog
import Synchronization

/// All groups of Kafka's classic protocol: drives each one's state machine under one mutex, sets its timers, and holds the requests that wait.
///
/// Every call may come from any task.
package final class ClassicGroups: Sendable {
    private struct Entry {
        var machine: ClassicGroup
        var alarms: [ClassicGroup.Timer: Alarm] = [:]
        /// Whether the name is claimed, as it is while somebody is in the group.
        var isClaimed = false
        /// Milliseconds since the epoch; nil while somebody is in it.
        var emptySince: Int64?
    }

    /// A time that is waited for. A heartbeat moves the deadline and no more: when the wheel calls before it, it is told anew.
    private struct Alarm {
        /// Tells it from an earlier one of the same group and name.
        let token: UInt64
        var wheel: TimerWheel.Timer
        /// When the wheel calls.
        var due: ContinuousClock.Instant
        var deadline: ContinuousClock.Instant
    }

    private struct Waiting {
        let group: String
        let continuation: CheckedContinuation<ClassicGroup.Answer, Never>
    }

    private struct State {
        var groups: [String: Entry] = [:]
        var waiting: [ClassicGroup.Waiter: Waiting] = [:]
        /// Numbers waiters and alarms.
        var lastNumber: UInt64 = 0
        var heldBytes = 0
        var isClosed = false

        mutating func nextNumber() -> UInt64 {
            lastNumber += 1
            return lastNumber
        }
    }

    /// What is to be done once the mutex is free again.
    private struct Outcome {
        /// The answer to the request that was handed in, where it is answered at once.
        var answer: ClassicGroup.Answer?
        var resumed: [(CheckedContinuation<ClassicGroup.Answer, Never>, ClassicGroup.Answer)] = []
        var releasedClaims = 0
    }

    let settings: GroupSettings
    private let timers: TimerWheel
    private let claims: NameClaims
    private let state = Mutex(State())

    init(settings: GroupSettings, timers: TimerWheel, claims: NameClaims) {
        self.settings = settings
        self.timers = timers
        self.claims = claims
    }

    // MARK: Requests

    /// Waits until the group's members have come together. A cancelled task gets a refusal at once.
    package func join(_ group: String, _ request: ClassicGroup.Join) async -> ClassicGroup.Answer {
        func refused(_ refusal: GroupRefusal) -> ClassicGroup.Answer { .refused(refusal, memberId: request.memberId) }
        guard Self.isName(group) else { return refused(.invalidGroup) }
        let timeouts = settings.sessionTimeoutMin...max(settings.sessionTimeoutMin, settings.sessionTimeoutMax)
        guard timeouts.contains(request.sessionTimeout) else { return refused(.invalidSessionTimeout) }
        guard request.protocols.count <= Self.protocolsMax else { return refused(.groupFull) }
        guard claims.claim(group, for: .clients) else { return refused(.inconsistentProtocol) }
        // Scalars and not characters, of which one may be of any length.
        let prefix = (request.instanceId ?? request.client.id).unicodeScalars.prefix(Self.idPrefixMax)
        let newId = "\(String(String.UnicodeScalarView(prefix)))-\(UUID().uuidString.lowercased())"
        return await wait(in: group, claims: 1, bytes: GroupProtocol.sizeInBytes(request.protocols)) { waiter in
            .join(request, newId: newId, waiter)
        } refused: {
            refused($0)
        }
    }

    /// Waits until the leader has assigned the partitions. A cancelled task gets a refusal at once.
    package func sync(_ group: String, _ request: ClassicGroup.Sync) async -> ClassicGroup.Answer {
        let bytes = request.assignments.values.reduce(0) { $0 + $1.count }
        return await wait(in: group, claims: 0, bytes: bytes) { waiter in
            .sync(request, waiter)
        } refused: {
            .refused($0, memberId: request.identity.memberId)
        }
    }

    /// Nil where all is well.
    package func heartbeat(_ group: String, by member: ClassicGroup.Identity) -> GroupRefusal? {
        tell(group) { .heartbeat(member, $0) }
    }

    /// Nil where the member is out. One without an id is known by its `group.instance.id`.
    package func leave(_ group: String, memberId: String, instanceId: String?) -> GroupRefusal? {
        tell(group) { .leave(memberId: memberId, instanceId: instanceId, $0) }
    }

    /// Nil where whoever this is may commit: the group's generation then lasts until `endCommit`, which has to follow.
    /// - Parameter inTransaction: whether the positions are part of a client's transaction, whose producer need not say who it is in the group.
    package func beginCommit(
        _ group: String, by member: ClassicGroup.Identity, inTransaction: Bool = false
    ) -> GroupRefusal? {
        if member.isNobody, claims.user(of: group) == .process { return .unknownMember }
        return tell(group, makesGroup: member.isNobody) {
            .commitBegan(member, inTransaction: inTransaction, $0)
        }
    }

    package func endCommit(_ group: String) {
        let outcome = state.withLock { apply(.commitEnded, to: group, &$0) }
        carryOut(outcome, of: group)
    }

    /// Refuses all that comes, and all that waits.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for each in waiting { each.continuation.resume(returning: .refused(.notAvailable, memberId: "")) }
    }

    private static func isName(_ group: String) -> Bool { !group.isEmpty && group.utf8.count <= nameBytesMax }

    /// The protocols that a member may know; clients have one to four. What all members know is found under the mutex of all groups.
    private static let protocolsMax = 32
    /// What a group's name can have; it is part of a record's key.
    private static let nameBytesMax = 1024
    /// So many characters of what a client calls itself are in its member id.
    private static let idPrefixMax = 128

    // MARK: Looking

    /// The groups that are known besides their positions.
    var machines: [String: ClassicGroup] { state.withLock { $0.groups.mapValues(\.machine) } }

    func machine(of group: String) -> ClassicGroup? { state.withLock { $0.groups[group]?.machine } }

    /// Since when nobody is in the group, in milliseconds since the epoch; nil where that is not known, or somebody is.
    func emptySince(_ group: String) -> Int64? { state.withLock { $0.groups[group]?.emptySince } }

    /// Forgets a group that nobody is in; nothing where somebody is.
    func forget(_ group: String) {
        state.withLock { state in
            guard let entry = state.groups[group], !entry.machine.isInUse else { return }
            drop(group, &state)
        }
    }

    /// Forgets all groups that nobody is in, but for these.
    func forgetEmpty(besides kept: Set<String>) {
        state.withLock { state in
            for (group, entry) in state.groups where !entry.machine.isInUse && !kept.contains(group) {
                drop(group, &state)
            }
        }
    }

    // MARK: Handing in

    /// Hands in a request that may have to wait, and waits for its answer.
    private func wait(
        in group: String, claims brought: Int, bytes: Int, _ event: (ClassicGroup.Waiter) -> ClassicGroup.Event,
        refused: (GroupRefusal) -> ClassicGroup.Answer
    ) async -> ClassicGroup.Answer {
        let waiter = state.withLock { $0.nextNumber() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state -> Outcome in
                    let refusal: GroupRefusal? =
                        if state.isClosed {
                            .notAvailable
                        } else if state.heldBytes + bytes > settings.heldBytesMax {
                            .groupFull
                        } else {
                            prepare(group, makesGroup: brought > 0, &state)
                        }
                    if let refusal {
                        return Outcome(resumed: [(continuation, refused(refusal))], releasedClaims: brought)
                    }
                    state.waiting[waiter] = Waiting(group: group, continuation: continuation)
                    return apply(event(waiter), to: group, bringing: brought, &state)
                }
                carryOut(outcome, of: group)
                // Cancelled before there was anything to abandon.
                if Task.isCancelled { abandon(waiter) }
            }
        } onCancel: {
            abandon(waiter)
        }
    }

    /// Hands in a request that is answered at once.
    private func tell(
        _ group: String, makesGroup: Bool = false, _ event: (ClassicGroup.Waiter) -> ClassicGroup.Event
    ) -> GroupRefusal? {
        guard Self.isName(group) else { return .invalidGroup }
        let outcome = state.withLock { state -> Outcome in
            let refusal = state.isClosed ? .notAvailable : prepare(group, makesGroup: makesGroup, &state)
            if let refusal { return Outcome(answer: .refused(refusal, memberId: "")) }
            let waiter = state.nextNumber()
            return apply(event(waiter), to: group, &state)
        }
        carryOut(outcome, of: group)
        guard case .refused(let refusal, _) = outcome.answer else { return nil }
        return refusal
    }

    private func abandon(_ waiter: ClassicGroup.Waiter) {
        let (group, outcome) = state.withLock { state -> (String, Outcome) in
            guard let waiting = state.waiting[waiter] else { return ("", Outcome()) }
            return (waiting.group, apply(.abandoned(waiter), to: waiting.group, &state))
        }
        carryOut(outcome, of: group)
    }

    /// Nil where the group is there, or now is.
    private func prepare(_ group: String, makesGroup: Bool, _ state: inout State) -> GroupRefusal? {
        guard state.groups[group] == nil else { return nil }
        guard makesGroup else { return .unknownMember }
        if state.groups.count >= settings.groupsMax {
            let empty = state.groups.filter { !$0.value.machine.isInUse }
            let oldest = empty.min { ($0.value.emptySince ?? 0) < ($1.value.emptySince ?? 0) }
            guard let oldest else { return .groupFull }
            drop(oldest.key, &state)
        }
        state.groups[group] = Entry(
            machine: ClassicGroup(membersMax: settings.membersMax, initialDelay: settings.initialRebalanceDelay))
        return nil
    }

    private func drop(_ group: String, _ state: inout State) {
        guard let entry = state.groups.removeValue(forKey: group) else { return }
        for alarm in entry.alarms.values { timers.cancel(alarm.wheel) }
    }

    /// Runs an event through the group's machine.
    /// - Parameter bringing: how many claims of the name come with it.
    private func apply(
        _ event: ClassicGroup.Event, to group: String, bringing claims: Int = 0, _ state: inout State
    ) -> Outcome {
        var outcome = Outcome(releasedClaims: claims)
        // Taken out, so that nothing of it is copied.
        guard var entry = state.groups.removeValue(forKey: group) else { return outcome }
        state.heldBytes -= entry.machine.sizeInBytes
        for action in entry.machine.handle(event) {
            switch action {
            case .answer(let waiter, let answer):
                if let waiting = state.waiting.removeValue(forKey: waiter) {
                    outcome.resumed.append((waiting.continuation, answer))
                } else {
                    outcome.answer = answer
                }
            case .set(let timer, let delay):
                let deadline = ContinuousClock.now + delay
                if let alarm = entry.alarms[timer], alarm.due <= deadline {
                    entry.alarms[timer]?.deadline = deadline
                } else {
                    if let later = entry.alarms[timer] { timers.cancel(later.wheel) }
                    let token = state.nextNumber()
                    let wheel = schedule(timer, of: group, token: token, after: delay)
                    entry.alarms[timer] = Alarm(token: token, wheel: wheel, due: deadline, deadline: deadline)
                }
            case .cancel(let timer):
                if let alarm = entry.alarms.removeValue(forKey: timer) { timers.cancel(alarm.wheel) }
            }
        }
        state.heldBytes += entry.machine.sizeInBytes
        let isOccupied = entry.machine.isOccupied
        outcome.releasedClaims += (entry.isClaimed ? 1 : 0) - (isOccupied ? 1 : 0)
        entry.isClaimed = isOccupied
        entry.emptySince = isOccupied ? nil : entry.emptySince ?? systemMilliseconds()
        state.groups[group] = entry
        if !entry.machine.isInUse, entry.machine.generation == 0 { drop(group, &state) }
        return outcome
    }

    /// Does what must not be done under the mutex.
    private func carryOut(_ outcome: Outcome, of group: String) {
        for _ in 0..<outcome.releasedClaims { claims.release(group) }
        for (continuation, answer) in outcome.resumed { continuation.resume(returning: answer) }
    }

    /// The wheel calls without its own mutex, so it may be told under ours.
    private func schedule(
        _ timer: ClassicGroup.Timer, of group: String, token: UInt64, after delay: Duration
    ) -> TimerWheel.Timer {
        timers.schedule(after: delay) { [weak self] in self?.ring(timer, of: group, token: token) }
    }

    private func ring(_ timer: ClassicGroup.Timer, of group: String, token: UInt64) {
        let outcome = state.withLock { state -> Outcome in
            guard let alarm = state.groups[group]?.alarms[timer], alarm.token == token else { return Outcome() }
            let now = ContinuousClock.now
            if alarm.deadline > now {
                let rest = now.duration(to: alarm.deadline)
                let wheel = schedule(timer, of: group, token: token, after: rest)
                state.groups[group]?.alarms[timer]?.wheel = wheel
                state.groups[group]?.alarms[timer]?.due = alarm.deadline
                return Outcome()
            }
            state.groups[group]?.alarms[timer] = nil
            return state.isClosed ? Outcome() : apply(.expired(timer), to: group, &state)
        }
        carryOut(outcome, of: group)
    }
}
