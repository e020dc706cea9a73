import BrokerCore
import KafkaServer
import Logging
import Settings
import UnixSignals

/// The embedded log alone, served to Kafka's clients.
struct BrokerNode: Sendable {
    /// `settings.embedded.listen` is set.
    let settings: BrokerSettings

    /// The folder of the log where none is said.
    static let dataDirectory = "data"

    private static let logger = Logger(label: "sluice")

    /// Runs until SIGTERM or SIGINT, then closes the connections and the log.
    func run() async throws {
        raiseDescriptorLimit()
        keepFreedMemory()
        // Before anything starts: whoever sees it work may stop it in good order.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let broker = try await Broker.open(
            directory: settings.dataDirectory ?? Self.dataDirectory, settings: settings.embedded,
            groupSettings: GroupSettings(settings), transactionSettings: TransactionSettings(settings))
        var limit: StopLimit?
        defer { limit?.lift() }
        do {
            let listener = try await ClientListener.bind(
                broker, settings.embedded, nodeId: settings.nodeId, limits: ServerLimits(settings), isRequired: true)
            try await listener?.accept()
            await waitForSignal(signals)
            limit = StopLimit(Node.stopLimit)
            await listener?.close()
        } catch {
            // The error that ended the run is the one to tell; an unclean close only makes the next start recover.
            try? await broker.close()
            throw error
        }
        try await broker.close()
    }

    private func waitForSignal(_ signals: UnixSignalsSequence) async {
        let (asked, first) = AsyncStream<Void>.makeStream()
        // It goes on for a second signal until the process ends.
        Task {
            await watch(signals) { signal in
                Self.logger.notice("\(signal): stopping; a second signal ends it at once")
                first.finish()
            }
        }
        for await _ in asked {}
    }
}

extension ServerLimits {
    /// The server's own limits, but for those that are set.
    init(_ settings: BrokerSettings) {
        self.init()
        requestBytesMax = settings.requestBytesMax ?? requestBytesMax
        requestMemoryMax = settings.requestMemoryMax ?? requestMemoryMax
        fetchBytesMax = settings.fetchBytesMax ?? fetchBytesMax
        connectionsMax = settings.connectionsMax ?? connectionsMax
        if let idle = settings.connectionIdleMax { idleMax = .nanoseconds(Int64(idle / .nanoseconds(1))) }
    }
}

extension GroupSettings {
    /// The usual settings, but for those that are set.
    init(_ settings: BrokerSettings) {
        self.init()
        initialRebalanceDelay = settings.groupInitialRebalanceDelay ?? initialRebalanceDelay
        sessionTimeoutMin = settings.sessionTimeoutMin ?? sessionTimeoutMin
        sessionTimeoutMax = settings.sessionTimeoutMax ?? sessionTimeoutMax
        membersMax = settings.groupMembersMax ?? membersMax
        offsetsRetention = settings.offsetsRetention ?? offsetsRetention
    }
}

extension TransactionSettings {
    /// The usual settings, but for those that are set.
    init(_ settings: BrokerSettings) {
        self.init()
        timeoutMax = settings.transactionTimeoutMax ?? timeoutMax
        idExpiration = settings.transactionalIdExpiration ?? idExpiration
    }
}
