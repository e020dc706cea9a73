import BrokerCore
import KafkaServer
import SegmentedLog
import TestSupport

/// A broker on a data directory of its own, and a server of it on a free port; both are closed however a test ends.
enum RunningServer {
    static func with(
        limits: ServerLimits = ServerLimits(), disk: any Disk = FileDisk(),
        _ body: (Broker, BrokerServer) async throws -> Void
    ) async throws {
        try await withBroker(disk: disk) { broker in
            let server = try await BrokerServer.start(
                broker, host: "127.0.0.1", port: 0, advertisedHost: "127.0.0.1", autoCreatesTopics: false,
                limits: limits)
            do {
                try await body(broker, server)
            } catch {
                await server.close()
                throw error
            }
            await server.close()
        }
    }

    /// The broker alone.
    static func withBroker(disk: any Disk = FileDisk(), _ body: (Broker) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path, disk: disk)
        do {
            try await body(broker)
        } catch {
            // What the test failed for says more than what closing it may fail for.
            try? await broker.close()
            throw error
        }
        try await broker.close()
    }
}
