import BinderKit
import Logging
import ServiceLifecycle
import Settings
import Synchronization

/// The stages of a configuration and of a Swift program, joined by bindings, and run.
///
/// Stages declared in the settings and stages registered here share one namespace; each runs between its bindings `<name>-in-0` and
/// `<name>-out-0`. All methods may be called from any task; stages are registered before `run`.
public final class StreamApplication: Service {
    private let settings: SluiceSettings
    private let binders: [String: any Binder]
    private let logger: Logger
    private let catalog: StageCatalog
    private let shutdownLimit: Duration
    private let control = Watched(RunState())
    private let content = Mutex(Content())

    private struct Content {
        var factories: Assembly.Factories = [:]
        var doubled: Set<String> = []
        var sources: Set<String> = []
        var topics: Topics?
        var plans: [StagePlan] = []
        var monitors: [StageMonitor] = []
    }

    /// Creates an application. Nothing is opened before `run`, and whether stages and bindings fit together is checked there.
    /// - Parameters:
    ///   - settings: the bindings and stages.
    ///   - binders: the binders by the names that bindings call them; `settings.stream.defaultBinder` serves bindings that name none. They
    ///     stay open when the application ends.
    ///   - shutdownLimit: how long a graceful shutdown may take before what is not committed is given up.
    ///   - logger: where the application says what it cannot say by an error.
    ///   - console: where the stage `console` prints; nil for the standard output. It is called from several tasks.
    /// - Throws: `.configuration` for bindings whose binder is not among those given.
    public init(
        settings: SluiceSettings, binders: [String: any Binder], shutdownLimit: Duration = .seconds(10),
        logger: Logger = Logger(label: "sluice.streams"), console: (@Sendable ([UInt8]) throws -> Void)? = nil
    ) throws(StreamError) {
        try Assembly.checkBinders(settings.stream, binders: binders)
        self.settings = settings
        self.binders = binders
        self.shutdownLimit = shutdownLimit
        self.logger = logger
        let standardOutput = StandardOutput()
        catalog = StageCatalog(console: console ?? { bytes in try standardOutput.write(bytes) })
    }

    // MARK: Registering stages

    /// Registers a stage that makes of each message one or none.
    ///
    /// What `body` throws is retried as the binding's `consumer` settings say; a message that fails for good becomes a dead letter, alone.
    /// Several workers may call `body` at once.
    public func stage(_ name: String, _ body: @escaping @Sendable (Message) throws -> Message?) {
        register(name) { ClosureStage { message in try body(message).map { [$0] } ?? [] } }
    }

    /// Registers a stage that makes of each message any number of them. Otherwise as the one above.
    public func stage(_ name: String, _ body: @escaping @Sendable (Message) throws -> [Message]) {
        register(name) { ClosureStage(body: body) }
    }

    /// Registers a stage that takes messages and sends none; a message may come again after a crash. Otherwise as the one above.
    public func stage(_ name: String, _ body: @escaping @Sendable (Message) throws -> Void) {
        register(name) {
            ClosureStage { message in
                try body(message)
                return []
            }
        }
    }

    /// Registers a stage of its own type; `make` is called once for each worker and again after each return to the last commit.
    public func stage(_ name: String, make: @escaping @Sendable () throws -> any Stage) {
        register(name, make)
    }

    /// Registers a stage that takes the messages of a whole batch at once where its binding has `batch-mode: true`, and one at a time otherwise.
    ///
    /// `body` returns one result per message, in their order: what is sent for it, or why it failed. Messages that fail are retried and
    /// dead-lettered one by one; where `body` throws, it is called again with each message alone.
    public func batchStage(
        _ name: String, _ body: @escaping @Sendable ([Message]) throws -> [Result<[Message], any Error>]
    ) {
        register(name) { ClosureBatchStage(body: body) }
    }

    /// Makes the program itself a producer of a topic on the default binder. The topic is made with the others, and produced to as the output
    /// binding that names it says, if there is one.
    public func source(_ topic: String) -> StreamSource {
        content.withLock { _ = $0.sources.insert(topic) }
        return StreamSource(topic: topic, application: self)
    }

    private func register(_ name: String, _ make: @escaping @Sendable () throws -> any Stage) {
        content.withLock { content in
            if content.factories.updateValue(make, forKey: name) != nil {
                content.doubled.insert(name)
            }
        }
    }

    // MARK: Running

    /// Checks that everything fits, makes the topics, and processes until `shutdown` is called, the service group shuts down gracefully, or
    /// the task is cancelled: then what is not committed is given up at once, and is done by the next run. Nothing is lost either way.
    /// - Throws: `StreamError`: `.configuration` with all findings before anything runs, or `.binder` where no retry helps. The other stages
    ///   are drained first.
    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await runToEnd()
        } onGracefulShutdown: {
            self.beginShutdown()
        }
    }

    /// Lets the workers finish and commit what was delivered to them and then end; returns when they have, at the latest after `shutdownLimit`.
    public func shutdown() async {
        beginShutdown()
        await control.wait { $0.phase == .ended || $0.phase == .ready }
    }

    private func beginShutdown() {
        control.update { if $0.phase == .running || $0.phase == .starting { $0.phase = .draining } }
    }

    private func runToEnd() async throws(StreamError) {
        let isFirst = control.update { state in
            defer { if state.phase == .ready { state.phase = .starting } }
            return state.phase == .ready
        }
        guard isFirst else { throw StreamError(.state, "the application runs or has run already") }
        defer { control.update { $0.phase = .ended } }
        let plans = try assemble()
        let topics = Topics(binders: binders)
        try await TopicSetup(
            settings: settings, plans: plans, sources: content.withLock(\.sources), topics: topics, logger: logger
        ).run()
        let workers = content.withLock { content in
            content.plans = plans
            content.topics = topics
            content.monitors = plans.map { StageMonitor(name: $0.name) }
            return zip(plans, content.monitors).flatMap { plan, monitor in
                (0..<max(1, plan.consumer.concurrency)).map { index in
                    let name = WorkerName(stage: plan.name, index: index, binding: plan.input.name)
                    let context = Worker.Context(control: control, topics: topics, monitor: monitor, logger: logger)
                    return (name: name, plan: plan, context: context)
                }
            }
        }
        control.update { state in
            state.workers = Set(workers.map(\.name))
            state.paused.formUnion(plans.filter { !$0.consumer.autoStartup }.map(\.input.name))
            if state.phase == .starting { state.phase = .running }
        }
        let runId = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let failure = await withTaskGroup(of: TaskEnd.self) { group in
            for (name, plan, context) in workers {
                group.addTask {
                    do throws(StreamError) {
                        try await Worker(name, plan: plan, context: context, runId: runId).run()
                        return .worker(nil)
                    } catch {
                        return .worker(error)
                    }
                }
            }
            return await supervise(&group, workerCount: workers.count)
        }
        if let failure { throw failure }
    }

    private enum TaskEnd: Sendable {
        case worker(StreamError?)
        /// The shutdown's limit has passed.
        case overtime
    }

    /// Waits for the workers; from a failure or the shutdown's beginning on only as long as the limit allows.
    private func supervise(_ group: inout TaskGroup<TaskEnd>, workerCount: Int) async -> StreamError? {
        let control = control
        let limit = shutdownLimit
        group.addTask {
            await control.wait { $0.phase != .running }
            try? await Task.sleep(for: limit)
            return .overtime
        }
        if workerCount == 0 {
            await control.wait { $0.phase != .running }
        }
        var first: StreamError?
        var running = workerCount
        while running > 0, let end = await group.next() {
            switch end {
            case .worker(let error):
                running -= 1
                guard let error else { continue }
                first = first ?? error
                beginShutdown()
            case .overtime:
                if !Task.isCancelled {
                    logger.warning("the stages did not drain within \(limit); what is not committed is given up")
                }
                group.cancelAll()
            }
        }
        group.cancelAll()
        return first
    }

    private func assemble() throws(StreamError) -> [StagePlan] {
        let (factories, doubled) = content.withLock { ($0.factories, $0.doubled) }
        guard doubled.isEmpty else {
            throw StreamError(
                doubled.sorted().map { Diagnostic(.error, "stage '\($0)' is registered twice: rename one of them") })
        }
        return try Assembly.plans(settings, factories: factories, catalog: catalog)
    }

    // MARK: While it runs

    /// Returns once the topics are made and the stages run, or where that will not be any more.
    /// - Returns: whether they run.
    package func waitUntilRunning() async -> Bool {
        await control.wait { $0.phase != .ready && $0.phase != .starting }
        return control.value.phase == .running
    }

    /// What every stage has done and is doing; empty before the topics are made.
    public var status: ApplicationStatus {
        let state = control.value
        let (plans, monitors) = content.withLock { ($0.plans, $0.monitors) }
        return ApplicationStatus(
            stages: zip(plans, monitors).map { plan, monitor in
                monitor.status(
                    isRunning: state.phase == .running || state.phase == .draining,
                    isPaused: state.paused.contains(plan.input.name))
            })
    }

    /// Holds an input binding: its workers commit what they are at and leave the group. (A member of an anonymous group stays in it and stops
    /// reading, since it could not continue where it left.) Other bindings go on.
    /// - Parameter binding: the input binding's name, such as `parse-in-0`. A name that is none changes nothing.
    public func pause(binding: String) {
        control.update { _ = $0.paused.insert(binding) }
    }

    /// Lets an input binding go on that `pause` or `auto-startup: false` holds.
    public func resume(binding: String) {
        control.update { _ = $0.paused.remove(binding) }
    }

    /// Returns once every stage has read its topics to their ends, holds no open window, and waits for no retry; at once where the application
    /// has ended. Bindings that are held do not count.
    ///
    /// Nothing is known of producers outside the application: they have to be quiet before the question makes sense.
    public func waitUntilIdle() async {
        await control.wait { $0.phase != .ready && $0.phase != .starting }
        var quietRounds = 0
        // A partition on its way from one worker to another is nobody's for a moment: a second quiet round sees it arrive.
        while quietRounds < 2, !Task.isCancelled, control.value.phase == .running {
            let before = activity
            let round = control.update { state in
                state.idleRound += 1
                return state.idleRound
            }
            await control.wait { $0.phase != .running || $0.isAnswered(round) }
            let after = activity
            quietRounds = before == after && !after.isRetrying ? quietRounds + 1 : 0
        }
    }

    /// The topics once they are made, and how this one is produced to.
    /// - Throws: `.state` where the application does not run.
    func outlet(toTopic topic: String) async throws(StreamError) -> (plan: OutletPlan, topics: Topics) {
        await control.wait { $0.phase != .ready && $0.phase != .starting }
        let (plans, topics) = content.withLock { ($0.plans, $0.topics) }
        guard control.value.phase == .running, let topics else {
            throw StreamError(.state, "nothing can be sent to '\(topic)': the application does not run")
        }
        let place = TopicPlace(binder: settings.stream.defaultBinder, topic: topic)
        return (plans.first?.declared[place] ?? OutletPlan.plain(place), topics)
    }

    private struct Activity: Equatable {
        var count = 0
        var isRetrying = false
    }

    private var activity: Activity {
        content.withLock(\.monitors).reduce(into: Activity()) { activity, monitor in
            let (count, isRetrying) = monitor.activity
            activity.count += count
            activity.isRetrying = activity.isRetrying || isRetrying
        }
    }
}
