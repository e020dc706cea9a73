import BinderKit
import EmbeddedBinder
import LogAgent
import Logging
import Settings
import Streams
import UnixSignals

/// All that runs in one process: the embedded log, the stages on it, and the agent that feeds it. The composition root.
struct Node: Sendable {
    /// What ends a run in good order, besides SIGTERM and SIGINT.
    enum End: Sendable {
        /// Nothing else.
        case signal
        /// All inputs read to their end, and every stage caught up.
        case idle
        /// The work given has returned, and after that everything is read and processed.
        case idleAfter(@Sendable () async throws -> Void)
    }

    let binder: EmbeddedLogBinder
    let application: StreamApplication
    let agent: Agent
    /// Where Kafka's clients come in, if anywhere.
    let listener: ClientListener?

    /// How long a graceful stop may take before the process ends all the same.
    static let stopLimit = Duration.seconds(20)

    private static let logger = Logger(label: "sluice")

    /// Opens the log in `dataDirectory`, binds everything to it, and closes the listener and the log after `body`, whatever comes of it.
    static func with<Result: Sendable>(
        _ settings: SluiceSettings, dataDirectory: String, _ body: (Node) async throws -> Result
    ) async throws -> Result {
        raiseDescriptorLimit()
        let binder = try await EmbeddedLogBinder.open(directory: dataDirectory, settings: settings.embedded)
        let result: Result
        do {
            // An address that cannot be had is told before anything begins.
            let listener = try await ClientListener.bind(binder.broker, settings.embedded)
            do {
                result = try await body(try Node(settings, binder: binder, listener: listener))
            } catch {
                await listener?.close()
                throw error
            }
            let limit = StopLimit(stopLimit)
            defer { limit.lift() }
            await listener?.close()
        } catch {
            // The error that ended the run is the one to tell; an unclean close only makes the next start recover.
            try? await binder.close()
            throw error
        }
        try await binder.close()
        return result
    }

    private init(_ settings: SluiceSettings, binder: EmbeddedLogBinder, listener: ClientListener?) throws {
        self.binder = binder
        self.listener = listener
        let binders: [String: any Binder] = ["embedded": binder]
        application = try StreamApplication(settings: settings, binders: binders)
        agent = Agent(settings: settings.agent, stream: settings.stream, binders: binders)
    }

    /// Runs until `end`, then stops in order: the inputs, then the stages. What fails ends the run and is thrown.
    func run(until end: End) async throws {
        // Before anything starts: whoever sees it work, as by its topics, may stop it in good order.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        var limit: StopLimit?
        defer { limit?.lift() }
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                try await agent.run()
                return .worker
            }
            group.addTask {
                try await application.run()
                return .worker
            }
            group.addTask {
                // A client that asked for a topic before the stages made it would make it with another number of partitions.
                if await application.waitUntilRunning() { try await listener?.accept() }
                return .worker
            }
            let asked = AsyncStream<Void>.makeStream()
            group.addTask {
                await watch(signals) { signal in
                    Self.logger.notice("\(signal): stopping; a second signal ends it at once")
                    asked.continuation.finish()
                }
                return .worker
            }
            group.addTask {
                // Work that makes input ends first, and what it made is read and processed all the same.
                if case .idleAfter = end { return .worker }
                for await _ in asked.stream {}
                return Task.isCancelled ? .worker : .end
            }
            group.addTask { try await waitForEnd(end, asked: asked.stream) }
            // Workers end by themselves only when there is nothing for them to do, such as an agent without inputs.
            do {
                while let part = try await group.next(), part == .worker {}
            } catch {
                // The others are cancelled and waited for.
                limit = StopLimit(Self.stopLimit)
                throw error
            }
            limit = StopLimit(Self.stopLimit)
            await stop()
            group.cancelAll()
        }
    }

    private enum Part: Sendable {
        case worker
        case end
    }

    private func waitForEnd(_ end: End, asked: AsyncStream<Void>) async throws -> Part {
        switch end {
        case .signal: return .worker
        case .idle: break
        case .idleAfter(let work):
            try await withThrowingTaskGroup(of: Void.self) { race in
                race.addTask { try await work() }
                race.addTask { for await _ in asked {} }
                try await race.next()
                race.cancelAll()
            }
        }
        await agent.waitUntilIdle()
        await application.waitUntilIdle()
        return .end
    }

    /// Stops the inputs, then the stages.
    private func stop() async {
        await agent.shutdown()
        await application.shutdown()
    }
}
