import BrokerCore
import KafkaProtocol
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Serves a broker to Kafka's clients on one address.
///
/// Event loops frame, answer in the requests' order, and begin what waits for nobody; each connection has a task that begins its other requests.
package final class BrokerServer: Sendable {
    /// The port that was bound, also where any was asked for.
    package let port: Int

    private let listener: any Channel
    private let connections: Connections

    /// Binds the address, and begins to accept connections unless told to wait.
    /// - Parameters:
    ///   - host: an address or name of this machine.
    ///   - port: 0 for any that is free.
    ///   - nodeId: the broker's number, which clients are told.
    ///   - advertisedHost: where clients are told to find the broker.
    ///   - advertisedPort: the port there; nil for the one that is bound.
    ///   - accepting: false to let those that connect wait until `accept` is called.
    /// - Throws: when the address cannot be bound.
    package static func start(
        _ broker: Broker, nodeId: Int32 = 1, host: String, port: Int, advertisedHost: String,
        advertisedPort: Int? = nil,
        autoCreatesTopics: Bool, accepting: Bool = true, limits: ServerLimits = ServerLimits(),
        logger: Logger = Logger(label: "sluice.kafka")
    ) async throws(KafkaServerError) -> BrokerServer {
        let connections = Connections(limits: limits, logger: logger)
        let served = Mutex<Service?>(nil)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Nobody is accepted before the port is known, which is in the answers.
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let service = served.withLock({ $0 }) else { throw ChannelError.operationUnsupported }
                    try connections.admit(channel, service)
                }
            }
        do {
            let listener = try await bootstrap.bind(host: host, port: port).get()
            let bound = listener.localAddress?.port ?? port
            let service = Service(
                broker: broker, nodeId: nodeId, host: advertisedHost, port: advertisedPort ?? bound,
                autoCreatesTopics: autoCreatesTopics, limits: limits, workers: connections.workers,
                memory: RequestMemory(bytesMax: limits.requestMemoryMax), pace: WritePace(), logger: logger)
            served.withLock { $0 = service }
            let server = BrokerServer(listener: listener, port: bound, connections: connections)
            if accepting { try await server.accept() }
            return server
        } catch {
            throw KafkaServerError(listeningOn: host, port: port, error)
        }
    }

    /// Begins to accept connections where `start` was told to wait; those that were made meanwhile are served now.
    package func accept() async throws {
        try await listener.setOption(.autoRead, value: true).get()
    }

    private init(listener: any Channel, port: Int, connections: Connections) {
        self.listener = listener
        self.port = port
        self.connections = connections
    }

    /// Accepts no more connections, closes those there are, and returns when no request of theirs will be begun any more. What was not answered was not acknowledged.
    package func close() async {
        try? await listener.close()
        await connections.close()
    }
}

/// The connections there are.
final class Connections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    let workers = WaitGroup()

    private let state = Mutex(State())
    private let limits: ServerLimits
    private let logger: Logger

    init(limits: ServerLimits, logger: Logger) {
        self.limits = limits
        self.logger = logger
    }

    /// Takes a new connection in, or throws: the channel is then closed.
    func admit(_ channel: any Channel, _ service: Service) throws {
        let isAdmitted = state.withLock { state in
            guard !state.isClosed, state.open.count < limits.connectionsMax else { return false }
            state.open[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isAdmitted else {
            logger.warning("a connection is refused: \(limits.connectionsMax) are open, or the broker stops")
            throw ChannelError.ioOnClosedChannel
        }
        channel.closeFuture.whenComplete { [self] _ in
            state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
        }
        try channel.pipeline.syncOperations.addHandler(
            IdleStateHandler(readTimeout: limits.stallMax, allTimeout: limits.idleMax))
        try channel.pipeline.syncOperations.addHandler(ConnectionHandler(service))
    }

    func close() async {
        let open = state.withLock { state in
            state.isClosed = true
            return Array(state.open.values)
        }
        for channel in open { try? await channel.close() }
        await workers.wait()
    }
}
