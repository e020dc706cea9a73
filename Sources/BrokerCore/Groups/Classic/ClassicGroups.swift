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

    /// A time that is waited for. The wheel is told once, and looks here whether that is still so: a heartbeat moves a deadline and no more.
    private struct Alarm {
        /// Tells it from an earlier one of the same group and name.
        let token: UInt64
        /// When the wheel calls.
        var due: ContinuousClock.Instant
        /// Nil where nothing is waited for any more.
        var deadline: ContinuousClock.Instant?
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
        var alarms: [(timer: ClassicGroup.Timer, token: UInt64, delay: Duration)] = []
        var releasedClaims = 0
    }

    let settings: GroupSettings
    private let timers: TimerWheel
    private let claims: GroupClaims
    private let state = Mutex(State())

    init(settings: GroupSettings, timers: TimerWheel, claims: GroupClaims) {
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
        guard claims.claim(group, for: .classic) else { return refused(.inconsistentProtocol) }
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
        if member.isNobody, claims.kind(of: group) == .stages { return .unknownMember }
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
            state.groups[group] = nil
        }
    }

    /// Forgets all groups that nobody is in, but for these.
    func forgetEmpty(besides kept: Set<String>) {
        state.withLock { state in
            state.groups = state.groups.filter { $0.value.machine.isInUse || kept.contains($0.key) }
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
            state.groups[oldest.key] = nil
        }
        state.groups[group] = Entry(
            machine: ClassicGroup(membersMax: settings.membersMax, initialDelay: settings.initialRebalanceDelay))
        return nil
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
                    let token = state.nextNumber()
                    entry.alarms[timer] = Alarm(token: token, due: deadline, deadline: deadline)
                    outcome.alarms.append((timer, token, delay))
                }
            case .cancel(let timer): entry.alarms[timer]?.deadline = nil
            }
        }
        state.heldBytes += entry.machine.sizeInBytes
        let isOccupied = entry.machine.isOccupied
        outcome.releasedClaims += (entry.isClaimed ? 1 : 0) - (isOccupied ? 1 : 0)
        entry.isClaimed = isOccupied
        entry.emptySince = isOccupied ? nil : entry.emptySince ?? systemMilliseconds()
        if entry.machine.isInUse || entry.machine.generation > 0 { state.groups[group] = entry }
        return outcome
    }

    /// Does what must not be done under the mutex.
    private func carryOut(_ outcome: Outcome, of group: String) {
        for _ in 0..<outcome.releasedClaims { claims.release(group) }
        for alarm in outcome.alarms { schedule(alarm.timer, of: group, token: alarm.token, after: alarm.delay) }
        for (continuation, answer) in outcome.resumed { continuation.resume(returning: answer) }
    }

    private func schedule(_ timer: ClassicGroup.Timer, of group: String, token: UInt64, after delay: Duration) {
        timers.schedule(after: delay) { [weak self] in self?.ring(timer, of: group, token: token) }
    }

    private func ring(_ timer: ClassicGroup.Timer, of group: String, token: UInt64) {
        let (outcome, rest) = state.withLock { state -> (Outcome, Duration?) in
            guard let alarm = state.groups[group]?.alarms[timer], alarm.token == token else { return (Outcome(), nil) }
            let now = ContinuousClock.now
            if let deadline = alarm.deadline, deadline > now {
                state.groups[group]?.alarms[timer]?.due = deadline
                return (Outcome(), now.duration(to: deadline))
            }
            state.groups[group]?.alarms[timer] = nil
            guard alarm.deadline != nil, !state.isClosed else { return (Outcome(), nil) }
            return (apply(.expired(timer), to: group, &state), nil)
        }
        if let rest { schedule(timer, of: group, token: token, after: rest) }
        carryOut(outcome, of: group)
    }
}
