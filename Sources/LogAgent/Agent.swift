import BinderKit
import Logging
import Settings
import Synchronization

/// The log agent: tails files and ships their lines, each input in a task of its own, with the files' places committed beside the lines.
///
/// All methods may be called from any task. An agent runs once.
package final class Agent: Sendable {
    private enum Phase {
        case created
        case running([InputPipeline])
        case stopped
    }

    private struct State {
        var phase = Phase.created
        var isStopAsked = false
        var lastStatus: [InputStatus]
        var endWaiters: [CheckedContinuation<Void, Never>] = []
        var startWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let settings: AgentSettings
    private let stream: StreamSettings
    private let binders: [String: any Binder]
    private let limits: AgentLimits
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let state: Mutex<State>

    /// Creates an agent; nothing happens before `run()`.
    /// - Parameters:
    ///   - settings: the agent's id and its inputs.
    ///   - stream: where each input's output binding is found.
    ///   - binders: the binders by name.
    ///   - limits: what bounds memory, descriptors and patience.
    ///   - now: the records' timestamps, in milliseconds since the epoch.
    package init(
        settings: AgentSettings, stream: StreamSettings, binders: [String: any Binder],
        limits: AgentLimits = AgentLimits(), logger: Logger = Logger(label: "sluice.agent"),
        now: @escaping @Sendable () -> Int64 = { WallClock.nowMilliseconds }
    ) {
        self.settings = settings
        self.stream = stream
        self.binders = binders
        self.limits = limits
        self.logger = logger
        self.now = now
        state = Mutex(State(lastStatus: settings.inputs.map { InputStatus(name: $0.name) }))
    }

    /// Tails until `shutdown()` or the task's cancellation, which end it alike; then ships what is read, commits and returns.
    /// - Throws: `LogAgentError`: settings that cannot work, before anything is opened; a fenced session; a binder that cannot go on. One
    ///   input's error ends the others in good order.
    package func run() async throws {
        defer { end() }
        let pipelines = try makePipelines()
        let (starters, isStopAsked) = state.withLock { state in
            state.phase = .running(pipelines)
            defer { state.startWaiters = [] }
            return (state.startWaiters, state.isStopAsked)
        }
        for starter in starters { starter.resume() }
        if isStopAsked {
            for pipeline in pipelines { pipeline.control.end() }
            return
        }
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for pipeline in pipelines { group.addTask { try await pipeline.run() } }
                var failure: (any Error)?
                while let result = await group.nextResult() {
                    guard case .failure(let error) = result else { continue }
                    failure = failure ?? error
                    for pipeline in pipelines { pipeline.control.stop() }
                }
                if let failure { throw failure }
            }
        } onCancel: {
            for pipeline in pipelines { pipeline.control.stop() }
        }
    }

    private func makePipelines() throws(LogAgentError) -> [InputPipeline] {
        guard Self.isName(settings.id) else {
            throw LogAgentError(
                .invalidSettings, "agent.id '\(settings.id)' must be 1 to 100 of the characters A-Z a-z 0-9 . _ -")
        }
        var pipelines: [InputPipeline] = []
        for input in settings.inputs {
            guard Self.isName(input.name) else {
                throw LogAgentError(
                    .invalidSettings, "an input's name must be 1 to 100 of the characters A-Z a-z 0-9 . _ -",
                    input: input.name)
            }
            let route = try OutputRoute(of: input, agent: settings.id, stream: stream, binders: binders)
            guard route.isStarted else { continue }
            do throws(LogAgentError) {
                pipelines.append(
                    try InputPipeline(
                        settings: input, agent: settings.id, route: route, limits: limits, logger: logger, now: now))
            } catch {
                let place = input.location.map { "\($0): " } ?? ""
                throw LogAgentError(error.code, place + error.message, input: input.name, cause: error.cause)
            }
        }
        return pipelines
    }

    /// Names stand in topic names and in the keys of the state topic.
    private static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private func end() {
        let waiters = state.withLock { state in
            if case .running(let pipelines) = state.phase { state.lastStatus = merged(pipelines, state.lastStatus) }
            for index in state.lastStatus.indices { state.lastStatus[index].phase = .stopped }
            state.phase = .stopped
            defer {
                state.endWaiters = []
                state.startWaiters = []
            }
            return state.endWaiters + state.startWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func merged(_ pipelines: [InputPipeline], _ last: [InputStatus]) -> [InputStatus] {
        let present = Dictionary(
            pipelines.map { ($0.control.status.name, $0.control.status) }, uniquingKeysWith: { $1 })
        return last.map { present[$0.name] ?? $0 }
    }

    /// Stops reading, ships the whole lines already read, commits, and returns when `run()` is about to.
    package func shutdown() async {
        await withCheckedContinuation { continuation in
            let pipelines = state.withLock { state -> [InputPipeline]? in
                state.isStopAsked = true
                switch state.phase {
                case .running(let pipelines):
                    state.endWaiters.append(continuation)
                    return pipelines
                case .created, .stopped: return nil
                }
            }
            guard let pipelines else { return continuation.resume() }
            for pipeline in pipelines { pipeline.control.stop() }
        }
    }

    /// Returns once everything that was in the inputs' files at the call is read and committed, but for unfinished last lines and files that
    /// cannot be read; or when the agent has ended. Before `run()` it waits for that.
    package func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if case .created = state.phase {
                    state.startWaiters.append(continuation)
                    return false
                }
                return true
            }
            if isReady { continuation.resume() }
        }
        let pipelines = state.withLock { state -> [InputPipeline] in
            if case .running(let pipelines) = state.phase { pipelines } else { [] }
        }
        for pipeline in pipelines { await pipeline.control.waitUntilIdle() }
    }

    /// What the agent has done and where it stands.
    package var status: AgentStatus {
        state.withLock { state in
            guard case .running(let pipelines) = state.phase else { return AgentStatus(inputs: state.lastStatus) }
            return AgentStatus(inputs: merged(pipelines, state.lastStatus))
        }
    }
}
