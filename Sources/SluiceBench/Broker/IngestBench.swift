import Foundation

/// Large compressed batches into the broker, `flush: os`, against a bare NIO loop that checks and writes them. Target: 0.8 of it.
struct IngestBench {
    let runs: Int
    let workplace: Workplace

    private static let totalBytes = 2 << 30
    /// What a client has on its way at a time: Kafka's clients allow five.
    static let inFlight = 5
    private static let topic = "bench"

    func run() async throws {
        show("## Broker: produce, one connection, acks=all, `flush: os`\n")
        show("| batch KiB | bare NIO loop MB per CPU-s | broker MB per CPU-s | ratio | target |")
        show("|---|---|---|---|---|")
        for kibibytes in [128, 512, 1000] {
            let batch = try BenchRequest.batch(bytes: kibibytes << 10, records: 100)
            let request = BenchRequest.produce(batch, to: Self.topic)
            var (bare, broker, ratios): ([Double], [Double], [Double]) = ([], [], [])
            for _ in 0..<runs {
                let bareRate = try await workplace.withFolder { folder in
                    let server = try ServerProcess("sluice-bench") { port in
                        ["bare-server", "--port", "\(port)", "--file", folder + "/frames"]
                    }
                    return try rate(server, request) { try $0.receive { _ in } }
                }
                let brokerRate = try await workplace.withFolder { folder in
                    let server = try ServerProcess.broker(in: folder, flush: "os")
                    try Connection(port: server.port).makeTopic(Self.topic)
                    return try rate(server, request) { try $0.receiveProduced(Self.topic) }
                }
                bare.append(bareRate)
                broker.append(brokerRate)
                ratios.append(brokerRate / bareRate)
            }
            let cells = [bare.median.text(places: 0), broker.median.text(places: 0), ratios.median.text(places: 2)]
            show("| \(kibibytes) | \(cells.joined(separator: " | ")) | 0.80 |")
        }
        show("")
    }

    private func rate(
        _ server: ServerProcess, _ request: [UInt8], _ receive: (Connection) throws -> Void
    ) throws -> Double {
        let connection = try Connection(port: server.port)
        let count = Self.totalBytes / request.count
        let cost = try server.cost {
            for number in 0..<count + Self.inFlight {
                if number < count { try connection.send(request) }
                if number >= Self.inFlight { try receive(connection) }
            }
        }
        server.stop()
        return Double(count * request.count) / 1e6 / cost
    }
}
