import BrokerCore
import KafkaServer
import Logging
import Settings

/// The embedded log served to Kafka's clients as the settings say.
struct ClientListener: Sendable {
    /// Where they are served.
    let address: ListenAddress
    private let server: BrokerServer

    private static let logger = Logger(label: "sluice")

    /// Binds the address; clients that connect wait until `accept`.
    /// - Parameters:
    ///   - nodeId: the number that clients know the broker by; 1 unless it is set.
    ///   - limits: what bounds the server.
    ///   - isRequired: whether a usual address that is taken is a failure, too.
    /// - Returns: nil where the settings want nobody served, or did not choose the address and it cannot be had.
    static func bind(
        _ broker: Broker, _ settings: EmbeddedSettings, nodeId: Int? = nil, limits: ServerLimits = ServerLimits(),
        isRequired: Bool = false
    ) async throws -> ClientListener? {
        guard let address = settings.listen.address else { return nil }
        var limits = limits
        // The log and whatever else is open needs descriptors, too.
        limits.connectionsMax = min(limits.connectionsMax, max(1, descriptorLimit() / 2))
        do throws(KafkaServerError) {
            let server = try await BrokerServer.start(
                broker, nodeId: Int32(clamping: nodeId ?? 1), host: address.host, port: address.port,
                advertisedHost: settings.advertise?.host ?? address.host, advertisedPort: settings.advertise?.port,
                autoCreatesTopics: settings.autoCreateTopics, accepting: false, limits: limits)
            return ClientListener(address: ListenAddress(host: address.host, port: server.port), server: server)
        } catch {
            if case .usual = settings.listen, !isRequired {
                logger.warning(
                    "\(error); Kafka's clients are not served: choose another address with --listen, or none")
                return nil
            }
            throw Self.failure(error)
        }
    }

    private static func failure(_ error: KafkaServerError) -> CommandFailure {
        let advice =
            switch error.code {
            case .addressElsewhere, .unknownHost: "name an address of this machine with --listen"
            case .notPermitted: "ports below 1024 need root: choose another with --listen"
            case .unavailable: "stop what listens there, or choose another with --listen"
            }
        return CommandFailure("\(error); \(advice)")
    }

    /// Lets clients in.
    func accept() async throws {
        if !address.isLoopback {
            Self.logger.warning("whoever reaches \(address.host) can read, write and delete everything here")
        }
        try await server.accept()
        Self.logger.notice("Kafka's clients are served at \(address)")
    }

    /// Lets nobody in any more, and returns when no request will be begun.
    func close() async { await server.close() }
}
