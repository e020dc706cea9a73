import BinderKit
import Logging
import Settings

/// One input at work: scan, read, frame, batch, send, commit, in one task.
///
/// It reads nothing while it waits for the log, which is the back-pressure: what is not read stays in the files.
actor InputPipeline {
    nonisolated let control: PipelineControl

    let settings: FileInputSettings
    let limits: AgentLimits
    let now: @Sendable () -> Int64
    let tailer: Tailer
    var counts: InputStatus
    /// What of `counts` belongs to the open transaction.
    var inFlight = InFlight()
    /// Lines that the log refuses, with its words. They are dead-lettered when they are read again.
    var refused: [LinePlace: String] = [:]
    /// When the first change of the open transaction happened.
    var changedAt: ContinuousClock.Instant?

    private let route: OutputRoute
    private let agent: String
    private let keys: GenerationKey
    private let logger: Logger
    private let clock = ContinuousClock()
    private var scans: ScanSchedule
    private var shipper: Shipper?
    private var backOff: Duration
    /// Whether the state topic knows this input.
    private var hasStarted = false

    /// Lines and bytes of the open transaction.
    struct InFlight {
        var bytes: Int64 = 0
        var lines: Int64 = 0
        var deadLines: Int64 = 0
        var gaps: [Gap] = []
    }

    init(
        settings: FileInputSettings, agent: String, route: OutputRoute, limits: AgentLimits, logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) throws(LogAgentError) {
        let finder = try FileFinder(paths: settings.paths, exclude: settings.exclude, filesMax: limits.filesMax)
        self.settings = settings
        self.agent = agent
        self.route = route
        self.limits = limits
        self.logger = logger
        self.now = now
        tailer = Tailer(settings: settings, limits: limits, finder: finder, logger: logger)
        keys = GenerationKey(agent: agent, input: settings.name)
        counts = InputStatus(name: settings.name)
        scans = ScanSchedule(interval: settings.scanInterval)
        backOff = limits.backOffInitial
        control = PipelineControl(
            input: settings.name, signal: EventSignal(descriptor: tailer.watch?.descriptor))
    }

    // MARK: Life

    /// Tails until `control.stop()`; then ships what is read, commits and returns.
    /// - Throws: what cannot pass by waiting.
    func run() async throws(LogAgentError) {
        var failure: LogAgentError?
        do throws(LogAgentError) {
            try await runUntilStopped()
        } catch {
            logger.error("\(error)")
            counts.lastError = "\(error)"
            failure = error
        }
        await shipper?.close()
        await control.signal.close()
        publish(.stopped)
        control.end()
        if let failure { throw failure }
    }

    private func runUntilStopped() async throws(LogAgentError) {
        while !control.isStopping {
            do {
                let shipper = try await openedShipper()
                publish(.running)
                try await tail(with: shipper)
                return
            } catch let error as BinderError {
                try await recover(from: error)
            } catch let refusal as RefusedBatch {
                await rewind(after: refusal)
            } catch let error as LogAgentError {
                throw LogAgentError(error.code, error.message, input: settings.name, cause: error.cause)
            } catch {
                throw LogAgentError(.binder, "a batch cannot be built or read", input: settings.name, cause: error)
            }
        }
    }

    /// The session with its state; opening it fences an older agent of the same id, and only then is the state read.
    private func openedShipper() async throws -> Shipper {
        if let shipper { return shipper }
        publish(.starting)
        let (channel, partitions) = try await route.open(session: "\(agent).\(settings.name)")
        do {
            let contents = try await StateTopic.read(from: route.binder, keys: keys)
            if scans.isFirst {
                tailer.restore(contents.generations)
            } else if tailer.reconcile(contents.generations) {
                commitCounts()
            } else {
                rewindCounts()
            }
            changedAt = nil
            hasStarted = contents.hasStarted
        } catch {
            await channel.close()
            throw error
        }
        let framer = LineFramer(
            lineBytesMax: settings.lineBytesMax, batchBytesMax: settings.batchBytesMax,
            batchRecordsMax: settings.batchRecordsMax)
        let opened = Shipper(framer: framer, route: route, keys: keys, channel: channel, partitions: partitions)
        shipper = opened
        return opened
    }

    /// Goes back to what is committed, and waits if waiting can help.
    private func recover(from error: BinderError) async throws(LogAgentError) {
        switch error.code {
        case .retriable, .unknownTopic, .invalid, .uncertain: break
        case .fenced:
            throw LogAgentError(
                .fenced,
                "another agent with the id '\(agent)' has taken over; give each running agent an agent.id of its own",
                input: settings.name, cause: error)
        case .closed, .unsupported, .fatal:
            throw LogAgentError(.binder, "the log cannot go on", input: settings.name, cause: error)
        }
        logger.warning("input '\(settings.name)' waits \(backOff): \(error)")
        counts.lastError = "\(error)"
        // Only the state topic knows what became of the transaction: nothing is taken back before it has been read.
        if error.code != .uncertain { await rewind() }
        // A topic that is gone is made again with the session.
        if error.code == .uncertain || error.code == .unknownTopic { await dropSession() }
        publish(.waiting)
        await pause(for: backOff)
        backOff = min(backOff * 2, limits.backOffMax)
    }

    /// Gives up the open transaction; its lines are read again.
    private func rewind() async {
        // Without a session nothing has been read since the last one, and what became of that is still to be learnt.
        guard shipper != nil else { return }
        rewindCounts()
        tailer.rewind()
        changedAt = nil
        do {
            try await shipper?.abort()
        } catch {
            await dropSession()
        }
    }

    /// A batch that is refused is tried again in halves; a line that is refused alone is dead-lettered.
    private func rewind(after refusal: RefusedBatch) async {
        logger.warning("input '\(settings.name)': a batch of \(refusal.records) lines was refused: \(refusal.error)")
        counts.lastError = "\(refusal.error)"
        await rewind()
        if refusal.records == 1 {
            refused[refusal.first] = refusal.error.message
        } else {
            shipper?.halveBatches()
        }
    }

    private func dropSession() async {
        await shipper?.close()
        shipper = nil
    }

    private func pause(for duration: Duration) async {
        let end = clock.now + duration
        while !control.isStopping, clock.now < end {
            await control.signal.wait(for: clock.now.duration(to: end), watching: false)
        }
    }

    // MARK: Loop

    private func tail(with shipper: Shipper) async throws {
        while !control.isStopping {
            tailer.drainEvents()
            if control.isScanAsked || scans.isDue(clock.now, isAsked: tailer.needsScan) { scan() }
            if let file = tailer.next() { try await take(file, shipper, now: clock.now) }
            let now = clock.now
            if changedAt == nil, tailer.hasChanges || !hasStarted { changedAt = now }
            if let started = shipper.batchStartedAt, started + settings.linger <= now { try await shipper.sendLines() }
            if isCommitDue(shipper, now) { try await commit(shipper) }
            if !tailer.hasNext { try await rest(shipper) }
        }
        if changedAt != nil { try await commit(shipper) }
    }

    private func scan() {
        control.scanBegins()
        let start = clock.now
        tailer.scan(isFirstRun: scans.isFirst && !hasStarted, now: start)
        scans.ran(from: start, to: clock.now)
        publish(.running)
    }

    private func isCommitDue(_ shipper: Shipper, _ now: ContinuousClock.Instant) -> Bool {
        guard let changedAt else { return false }
        if changedAt + settings.commitInterval <= now { return true }
        if shipper.transactionBytes >= limits.transactionBytesMax { return true }
        // Nothing more can be read before the commit, or somebody waits for it.
        return !tailer.hasNext && (!tailer.waitingForRoom.isEmpty || control.isIdleAwaited)
    }

    private func commit(_ shipper: Shipper) async throws {
        let timestamp = now()
        inFlight.gaps = tailer.gapsToReport
        for gap in inFlight.gaps {
            try await shipper.append(DeadLetter.gap(gap, topic: route.topic), timestamp: timestamp)
        }
        try await shipper.commit(
            places: tailer.placesToCommit, deleted: tailer.recordsToDelete, isFirst: !hasStarted, timestamp: timestamp)
        tailer.committed()
        if !refused.isEmpty { refused = refused.filter { tailer.isUnread($0.key) } }
        hasStarted = true
        changedAt = nil
        backOff = limits.backOffInitial
        counts.lastError = nil
        commitCounts()
        publish(.running)
    }

    /// Nothing is to be read at the moment: waits for the next event or the next duty.
    private func rest(_ shipper: Shipper) async throws {
        let now = clock.now
        if control.isIdleAwaited, changedAt == nil, !tailer.needsScan, tailer.isSettled { control.becameIdle() }
        var deadline = scans.next(isAsked: tailer.needsScan)
        if let changedAt { deadline = min(deadline, changedAt + settings.commitInterval) }
        if let started = shipper.batchStartedAt { deadline = min(deadline, started + settings.linger) }
        guard now < deadline else { return }
        // A file that is written line by line is looked at once per pause, not once per line.
        let pause = min(limits.readPause, now.duration(to: deadline))
        await control.signal.wait(for: pause, watching: false)
        guard !control.isStopping, !control.isScanAsked, clock.now < deadline else { return }
        await control.signal.wait(for: clock.now.duration(to: deadline), watching: true)
    }

    func publish(_ phase: InputStatus.Phase) {
        counts.phase = phase
        tailer.describe(in: &counts)
        control.publish(counts)
    }

    /// The topic of the lines.
    var topic: String { route.topic }
}
