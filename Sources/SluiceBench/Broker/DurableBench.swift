import Foundation
import Glibc

/// Acknowledged means synced (`flush: always`): what grouping makes of the disk.
struct DurableBench {
    let runs: Int
    let workplace: Workplace

    private static let topic = "bench"
    private static let largeBytes = 1 << 30
    private static let seconds = 5.0

    func run() async throws {
        try await large()
        try await small()
    }

    /// One producer with large batches, against a bare loop that writes and syncs as much at a time as the producer has on its way. Bytes per second, since the disk
    /// and not the processor is what is waited for.
    private func large() async throws {
        show("## Broker: produce with `flush: always`, 512 KiB batches, \(IngestBench.inFlight) on their way\n")
        show("| bare pwrite and fdatasync MB/s | broker MB/s | ratio | target |")
        show("|---|---|---|---|")
        let batch = try BenchRequest.batch(bytes: 512 << 10, records: 100)
        let request = BenchRequest.produce(batch, to: Self.topic)
        var (bare, broker, ratios): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<runs {
            let bareRate = try await workplace.withFolder { try bareLoop(request, in: $0) }
            let brokerRate = try await workplace.withFolder { folder in
                let server = try ServerProcess.broker(in: folder, flush: "always")
                defer { server.stop() }
                let connection = try Connection(port: server.port)
                try connection.makeTopic(Self.topic)
                let count = Self.largeBytes / request.count
                let start = ContinuousClock.now
                for number in 0..<count + IngestBench.inFlight {
                    if number < count { try connection.send(request) }
                    if number >= IngestBench.inFlight { try connection.receiveProduced(Self.topic) }
                }
                return Double(count * request.count) / 1e6 / (start.duration(to: .now) / .seconds(1))
            }
            bare.append(bareRate)
            broker.append(brokerRate)
            ratios.append(brokerRate / bareRate)
        }
        let cells = [bare.median.text(places: 0), broker.median.text(places: 0), ratios.median.text(places: 2)]
        show("| \(cells.joined(separator: " | ")) | 0.80 |\n")
    }

    private func bareLoop(_ frame: [UInt8], in folder: String) throws -> Double {
        let descriptor = open(folder + "/frames", O_WRONLY | O_CREAT, 0o644)
        defer { close(descriptor) }
        let count = Self.largeBytes / frame.count
        let start = ContinuousClock.now
        for number in 0..<count {
            guard pwrite(descriptor, frame, frame.count, number * frame.count) == frame.count else {
                throw BenchFailure(description: "a write fails")
            }
            if number % IngestBench.inFlight == IngestBench.inFlight - 1 { fdatasync(descriptor) }
        }
        fdatasync(descriptor)
        return Double(count * frame.count) / 1e6 / (start.duration(to: .now) / .seconds(1))
    }

    /// Many producers, each with one batch of 1 KiB on its way; against a bare loop of as many files that syncs for all that wait.
    private func small() async throws {
        show("## Broker: small producers with `flush: always`, 1 KiB batches, one on its way for each\n")
        let syncs = try await workplace.withFolder { try syncMilliseconds(in: $0) }
        let sync = syncs.median
        show(
            "An fdatasync of 1 KiB in the same run: median \(sync.text(places: 2)) ms, p99 \(syncs.quantile(0.99).text(places: 2)) ms.\n"
        )
        show(
            "| connections | partitions | batches/s | batches per CPU-s | p50 ms | p99 ms | at half of that load: p50 ms | p99 ms | p99, fdatasyncs | bare NIO loop: batches/s | p99 ms at that half load | p99, fdatasyncs |"
        )
        show("|---|---|---|---|---|---|---|---|---|---|---|---|")
        let batch = try BenchRequest.batch(bytes: 1 << 10)
        for (connections, partitions) in [(1, 1), (10, 1), (100, 1), (100, 10)] {
            let requests = (0..<partitions).map { BenchRequest.produce(batch, to: Self.topic, partition: Int32($0)) }
            var cells: [String] = []
            var rate = 0.0
            try await workplace.withFolder { folder in
                let server = try ServerProcess.broker(in: folder, flush: "always", partitions: partitions)
                defer { server.stop() }
                try Connection(port: server.port).makeTopic(Self.topic)
                func check(_ connection: Connection) throws { try connection.receiveProduced(Self.topic) }
                var full = [Double]()
                let cost = try server.cost { full = try load(server, requests, connections, perSecond: nil, check) }
                rate = Double(full.count) / Self.seconds
                let half = try load(server, requests, connections, perSecond: rate / 2, check)
                cells += [
                    rate.text(places: 0), (Double(full.count) / cost).text(places: 0),
                    full.quantile(0.5).text(places: 2), full.quantile(0.99).text(places: 2),
                    half.quantile(0.5).text(places: 2), half.quantile(0.99).text(places: 2),
                    (half.quantile(0.99) / sync).text(places: 1),
                ]
            }
            try await workplace.withFolder { folder in
                let server = try ServerProcess("sluice-bench") { port in
                    [
                        "bare-server", "--port", "\(port)", "--file", folder + "/frames", "--sync", "--files",
                        "\(partitions)",
                    ]
                }
                defer { server.stop() }
                let full = try load(server, requests, connections, perSecond: nil) { try $0.receive { _ in } }
                let half = try load(server, requests, connections, perSecond: rate / 2) { try $0.receive { _ in } }
                cells += [
                    (Double(full.count) / Self.seconds).text(places: 0), half.quantile(0.99).text(places: 2),
                    (half.quantile(0.99) / sync).text(places: 1),
                ]
            }
            show("| \(connections) | \(partitions) | \(cells.joined(separator: " | ")) |")
        }
        show("")
    }

    private func load(
        _ server: ServerProcess, _ requests: [[UInt8]], _ connections: Int, perSecond: Double?,
        _ check: (Connection) throws -> Void
    ) throws -> [Double] {
        try BatchLoad.run(
            requests, port: server.port, connections: connections, perSecond: perSecond, seconds: Self.seconds,
            check: check)
    }

    private func syncMilliseconds(in folder: String) throws -> [Double] {
        let descriptor = open(folder + "/syncs", O_WRONLY | O_CREAT, 0o644)
        defer { close(descriptor) }
        let bytes = [UInt8](repeating: 1, count: 1 << 10)
        return (0..<1000).map { number in
            pwrite(descriptor, bytes, bytes.count, number * bytes.count)
            let start = ContinuousClock.now
            fdatasync(descriptor)
            return start.duration(to: .now) / .milliseconds(1)
        }
    }
}
