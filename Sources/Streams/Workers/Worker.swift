import BinderKit
import Logging
import Records

/// One member of a stage's consumer group: reads deliveries, runs its own stage over them, and commits outputs, dead letters and positions
/// together.
///
/// What cannot be committed is taken back, the stage's state included, and done again from the delivery in memory.
final class Worker {
    /// What workers of one application share.
    struct Context: Sendable {
        let control: Watched<RunState>
        let topics: Topics
        let monitor: StageMonitor
        let logger: Logger
    }

    /// How `next` waits: a stage that closes windows by the clock is asked this often, and an idle question is answered this fast.
    private static let clockInterval = Duration.milliseconds(100)
    private static let answerInterval = Duration.milliseconds(20)

    /// What to do after something could not be committed; everything has been taken back by then.
    private enum Remedy {
        case redo
        case narrow(BinderError)
        case rejoin
        case leave
    }

    /// The worker was told to stop or to pause while it waited.
    private struct Interruption: Error {}

    private let name: WorkerName
    private let plan: StagePlan
    private let context: Context
    private let transactionalId: String
    private var processor: DeliveryProcessor
    private var progress = PartitionProgress()
    private var backOff = BackOff()
    private var lastRead = ContinuousClock.now
    private var hasWarnedOfDeadLetters = false
    /// Whether the worker has said that something beyond its records keeps it from going on.
    private var isHeld = false

    init(_ name: WorkerName, plan: StagePlan, context: Context, runId: String) throws(StreamError) {
        self.name = name
        self.plan = plan
        self.context = context
        transactionalId = "\(plan.input.group ?? "anonymous.\(runId)").\(plan.input.name).\(name.index)"
        processor = try Self.makeProcessor(name, plan, context)
    }

    private static func makeProcessor(
        _ name: WorkerName, _ plan: StagePlan, _ context: Context
    ) throws(StreamError) -> DeliveryProcessor {
        do {
            return DeliveryProcessor(plan, stage: try plan.makeStage(), topics: context.topics, turn: name.index)
        } catch {
            throw StreamError(.configuration, "stage '\(plan.name)' cannot be made", cause: error)
        }
    }

    private var isWanted: Bool { !Task.isCancelled && context.control.value.wants(name) }

    /// Reads and processes until the application drains, or the task is cancelled: then what is not committed is given up at once.
    /// - Throws: what no retry helps against.
    func run() async throws(StreamError) {
        let name = name
        while true {
            await context.control.wait { $0.wants(name) || $0.phase != .running }
            guard isWanted else { return }
            guard let connection = try await connect() else { continue }
            do {
                try await consume(connection)
                await connection.close()
            } catch {
                await connection.close()
                throw error
            }
            context.monitor.setLag(0, worker: name.index)
            processor = try Self.makeProcessor(name, plan, context)
            progress = PartitionProgress()
        }
    }

    /// Joins the group; nil where the worker was told to stop before that succeeded.
    private func connect() async throws(StreamError) -> WorkerConnection? {
        while true {
            do {
                let connection = try await WorkerConnection.open(
                    plan, transactionalId: transactionalId, topics: context.topics)
                settled()
                return connection
            } catch {
                guard error.code == .retriable || error.code == .uncertain else { throw fatal(error) }
                await wait(because: error)
            }
            guard isWanted else { return nil }
        }
    }

    /// Handles events until the worker is to leave the group.
    private func consume(_ connection: WorkerConnection) async throws(StreamError) {
        while await mayGoOn() {
            let state = context.control.value
            let event: InputEvent?
            do {
                event = try await connection.channel.next(
                    waitingUpTo: state.asks(name) ? Self.answerInterval : Self.clockInterval)
            } catch {
                switch try await remedy(for: error, connection) {
                case .redo, .narrow: continue
                case .rejoin, .leave: return
                }
            }
            guard let event else { throw fatal(BinderError(.closed, "the input channel was closed")) }
            // It may have been paused while `next` waited: what is not begun then is the next owner's.
            if case .delivery = event, !isWanted {
                guard await mayGoOn() else { return }
            }
            guard try await handle(event, connection, round: state.idleRound) else { return }
        }
    }

    /// Whether the worker stays in its group and reads on. A paused member of an anonymous group stays and waits here: once it had left, nothing
    /// would tell it later what it missed.
    private func mayGoOn() async -> Bool {
        if isWanted { return true }
        guard plan.input.group == nil, !Task.isCancelled else { return false }
        let name = name
        await context.control.wait { $0.wants(name) || $0.phase != .running }
        return isWanted
    }

    /// Handles one event. Returns false where the worker is to leave the group.
    private func handle(
        _ event: InputEvent, _ connection: WorkerConnection, round: Int
    ) async throws(StreamError) -> Bool {
        switch event {
        case .delivery(let delivery):
            context.monitor.received()
            return try await handle(delivery, connection)
        case .assigned(let positions):
            context.monitor.received()
            progress.assign(positions)
            do {
                try processor.stage.assigned(positions)
            } catch {
                throw StreamError(.binder, "stage '\(plan.name)' cannot continue from its positions", cause: error)
            }
            return true
        case .revoked(let partitions):
            context.monitor.received()
            progress.revoke(partitions)
            processor.stage.revoked(partitions)
            return true
        case .idle:
            return try await idle(connection, round: round)
        }
    }

    /// Processes and commits a delivery, in one piece unless the binder refuses what follows from one of its records.
    private func handle(_ delivery: Delivery, _ connection: WorkerConnection) async throws(StreamError) -> Bool {
        var slice = DeliveryProcessor.Slice(delivery: delivery, from: delivery.startOffset, recordsMax: Int.max)
        progress.reachedEnd(delivery.readToEnd)
        while slice.from < delivery.nextOffset {
            let stageBefore = processor.stage
            let progressBefore = progress
            do {
                try await process(slice, connection)
                slice.from = processor.nextOffset
                slice.refusal = nil
                slice.recordsMax = slice.recordsMax > Int.max / 2 ? Int.max : slice.recordsMax * 2
                continue
            } catch {
                processor.discard()
                processor.stage = stageBefore
                progress = progressBefore
                switch try await remedy(for: error, connection) {
                case .redo: continue
                case .narrow(let reason): slice = try narrowed(slice, reason)
                case .rejoin, .leave: return false
                }
            }
        }
        return true
    }

    /// Takes half of the slice; of one record alone, makes it a dead letter with the binder's reason.
    private func narrowed(
        _ slice: DeliveryProcessor.Slice, _ reason: BinderError
    ) throws(StreamError) -> DeliveryProcessor.Slice {
        var slice = slice
        if processor.recordCount > 1 {
            slice.recordsMax = processor.recordCount / 2
        } else if slice.refusal == nil {
            slice.refusal = DeliveryProcessor.Refusal(
                offset: processor.lastOffset, reason: reason, includesLetter: false)
        } else if slice.refusal?.includesLetter == false {
            slice.refusal?.includesLetter = true
        } else {
            throw fatal(reason)
        }
        return slice
    }

    private func process(_ slice: DeliveryProcessor.Slice, _ connection: WorkerConnection) async throws {
        processor.begin(slice, nowMilliseconds: WallClock.nowMilliseconds)
        var isRetrying = false
        stepping: while true {
            switch try processor.step() {
            case .done:
                break stepping
            case .send:
                try await connection.send(processor.takeReady(closing: false))
            case .pause(let pause, let fault):
                isRetrying = true
                context.monitor.failed(fault)
                context.monitor.setRetrying(true, worker: name.index)
                try await wait(pause)
                context.monitor.retried()
            case .provision(let topic):
                try await provision(topic)
            }
        }
        if isRetrying { settled() }
        progress.advance(
            slice.delivery.source, to: processor.nextOffset,
            of: max(slice.delivery.endOffset, processor.nextOffset))
        // Silence begins here: what came while this delivery was held, retried or sent is not read yet.
        lastRead = ContinuousClock.now
        try await finish(connection)
    }

    /// Lets the stage look at the clock when there is nothing to read, and answers an idle question.
    private func idle(_ connection: WorkerConnection, round: Int) async throws(StreamError) -> Bool {
        let stageBefore = processor.stage
        let progressBefore = progress
        do {
            processor.beginIdle(nowMilliseconds: WallClock.nowMilliseconds)
            progress.reachedEnd()
            try await finish(connection)
        } catch {
            processor.discard()
            processor.stage = stageBefore
            progress = progressBefore
            switch try await remedy(for: error, connection) {
            case .redo: return true
            case .narrow(let reason): throw fatal(reason)
            case .rejoin, .leave: return false
            }
        }
        if progress.isDone(processor.stage) {
            context.control.update { $0.idleAnswers[name] = round }
        }
        return true
    }

    /// Commits what was processed, and what the clock adds to it.
    private func finish(_ connection: WorkerConnection) async throws {
        let idle = (ContinuousClock.now - lastRead).milliseconds
        let clock = StageClock(
            nowMilliseconds: WallClock.nowMilliseconds, idleMilliseconds: idle, lagging: progress.lagging)
        while true {
            do {
                try processor.advance(clock)
                break
            } catch let unknown as OutletSet.UnknownTopic {
                try await provision(unknown.name)
            }
        }
        try await connection.send(processor.takeReady(closing: true))
        let positions = plan.input.group == nil ? [] : progress.uncommitted(processor.stage)
        try await connection.commit(positions)
        progress.committed(positions)
        settled()
        context.monitor.committed(processor.tally)
        context.monitor.setLag(progress.lag, worker: name.index)
        report(processor.faults)
    }

    /// Makes a topic that the stage named; one that cannot exist is remembered, and its records are rejected.
    private func provision(_ topic: String) async throws(BinderError) {
        do {
            let place = TopicPlace(binder: plan.inputBinder, topic: topic)
            processor.addTopic(
                topic, partitionCount: try await context.topics.provision(place, partitions: 1))
        } catch {
            guard error.code == .invalid || error.code == .unknownTopic || error.code == .unsupported else {
                throw error
            }
            processor.refuseTopic(topic, reason: error.description)
        }
    }

    private func report(_ faults: [StageFault]) {
        guard let last = faults.last else { return }
        context.monitor.failed(last)
        for fault in faults {
            if !plan.consumer.enableDlq {
                context.logger.error("stage '\(plan.name)' passed over a record: \(fault)")
            } else if hasWarnedOfDeadLetters {
                context.logger.debug("stage '\(plan.name)' made a dead letter: \(fault)")
            } else {
                hasWarnedOfDeadLetters = true
                context.logger.warning("stage '\(plan.name)' made its first dead letter: \(fault)")
            }
        }
    }

    // MARK: What to do about errors

    /// Takes back what was sent, and decides how to go on.
    /// - Throws: what no retry helps against.
    private func remedy(for error: any Error, _ connection: WorkerConnection) async throws(StreamError) -> Remedy {
        let cause = binderError(error)
        guard try await abort(connection) else { return .rejoin }
        guard isWanted else { return .leave }
        switch cause.code {
        case .retriable:
            await wait(because: cause)
            return isWanted ? .redo : .leave
        case .invalid:
            return .narrow(cause)
        case .fenced, .uncertain:
            // Outputs and positions are one: the committed positions, from which a new member continues, tell what has happened.
            await wait(because: cause)
            return isWanted ? .rejoin : .leave
        case .closed, .unknownTopic, .unsupported, .fatal:
            throw fatal(cause)
        }
    }

    /// Aborts, again and again while that may succeed. Returns false where only a new session can.
    private func abort(_ connection: WorkerConnection) async throws(StreamError) -> Bool {
        while true {
            do {
                try await connection.abort()
                return true
            } catch {
                switch error.code {
                case .retriable where isWanted: await wait(because: error)
                case .retriable, .uncertain: return false
                case .closed where !isWanted: return false
                default: throw fatal(error)
                }
            }
        }
    }

    /// An error of the stage's `advance`, or of building a batch, as one the binder might have had.
    private func binderError(_ error: any Error) -> BinderError {
        switch error {
        case let error as BinderError: error
        case let error as RecordsError:
            BinderError(error.code == .tooLarge ? .invalid : .retriable, "a batch cannot be built", cause: error)
        default: BinderError(.retriable, "stage '\(plan.name)' cannot go on", cause: error)
        }
    }

    private func fatal(_ error: BinderError) -> StreamError {
        StreamError(.binder, "stage '\(plan.name)' cannot go on (binding '\(plan.input.name)')", cause: error)
    }

    /// Waits before something is done again; says so once, however often it is repeated.
    private func wait(because error: BinderError) async {
        context.monitor.failed(
            StageFault(message: error.description, source: nil, offset: nil, time: WallClock.nowMilliseconds))
        context.monitor.setRetrying(true, worker: name.index)
        if !isHeld {
            isHeld = true
            context.logger.warning("stage '\(plan.name)' waits and tries again until it succeeds: \(error)")
        }
        try? await wait(backOff.next())
    }

    private func wait(_ pause: Duration) async throws(Interruption) {
        let name = name
        await context.control.wait(until: { !$0.wants(name) }, atMost: pause)
        guard isWanted else { throw Interruption() }
    }

    private func settled() {
        backOff = BackOff()
        context.monitor.setRetrying(false, worker: name.index)
        if isHeld {
            isHeld = false
            context.logger.info("stage '\(plan.name)' goes on")
        }
    }
}
