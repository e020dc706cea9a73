import BrokerCore
import Foundation
import Records
import Settings

/// How long `sluice broker` takes from its exec to the line that says it is ready, with ten thousand partitions; and how much memory it takes with a thousand.
///
/// The logs are sparse: each partition has one closed segment whose only batch is at its end, and an empty active one. They take no room, and to the broker, which
/// looks at a closed segment's end only, they are as good as full ones.
struct StartBench {
    let runs: Int
    let workplace: Workplace

    private static let topics = 10
    private static let partitions = 1000
    private static let gigabyte = 1_000_000_000
    private static let tailPartitions = 1000
    private static let tailBytes = 64 << 10

    func run() async throws {
        try await start()
        try await memory()
    }

    // MARK: The start

    private func start() async throws {
        show("## Start: \(Self.topics * Self.partitions) partitions, 100 GB (sparse), to the ready line\n")
        show("| after | wall s | CPU s | RSS MiB | target, wall s |")
        show("|---|---|---|---|---|")
        try await workplace.withFolder { folder in
            let topics = (0..<Self.topics).map { "start-\($0)" }
            try await prepare(folder, topics, bytes: 100 * Self.gigabyte)
            try measure("a clean stop", "2", folder) { try stop($0) }
            try measure("SIGKILL, nothing written", "", folder) { $0.process.kill() }
            let tail = "SIGKILL, \(Self.tailBytes >> 10) KiB unflushed in each of \(Self.tailPartitions)"
            try measure(tail, "", folder) { broker in
                try produce(to: topics[0], Self.tailBytes, broker)
                broker.process.kill()
            }
            try stop(started(folder))
        }
        show("")
    }

    private func started(_ folder: String) throws -> ServerProcess {
        try .broker(in: folder, flush: "os", until: .saying("clients are served"))
    }

    private func stop(_ broker: ServerProcess) throws {
        let status = broker.process.stop()
        guard status == 0 else { throw BenchFailure(description: "the broker's stop ends with status \(status)") }
    }

    /// The row of a table: each time the broker is started and ended as `end` does it, and the start after that is measured.
    private func measure(
        _ name: String, _ target: String, _ folder: String, _ end: (ServerProcess) throws -> Void
    ) throws {
        var (walls, costs, sizes): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<runs {
            try end(started(folder))
            let broker = try started(folder)
            walls.append(broker.startSeconds)
            costs.append(try broker.process.cpuSeconds())
            sizes.append(try broker.process.memoryMiB("VmRSS"))
            try stop(broker)
        }
        let cells = [walls.median.text(places: 2), costs.median.text(places: 2), sizes.median.text(places: 0)]
        show("| \(name) | \(cells.joined(separator: " | ")) | \(target) |")
    }

    private func produce(to topic: String, _ bytes: Int, _ broker: ServerProcess) throws {
        let connection = try Connection(port: broker.port)
        let batch = try BenchRequest.batch(bytes: bytes)
        for partition in 0..<Self.tailPartitions {
            try connection.send(BenchRequest.produce(batch, to: topic, partition: Int32(partition)))
            try connection.receiveProduced(topic)
        }
    }

    // MARK: Memory

    private static let connections = 200
    private static let rounds = 5

    /// Every connection writes to and reads from partitions of its own, and stays.
    private func memory() async throws {
        show("## Memory of a broker: \(Self.partitions) partitions, 20 GB (sparse), \(Self.connections) connections\n")
        show("| | RSS MiB | peak RSS MiB | target |")
        show("|---|---|---|---|")
        try await workplace.withFolder { folder in
            try await prepare(folder, ["memory"], bytes: 20 * Self.gigabyte)
            let broker = try started(folder)
            func row(_ name: String) throws {
                let sizes = try ["VmRSS", "VmHWM"].map { try broker.process.memoryMiB($0).text(places: 1) }
                show("| \(name) | \(sizes.joined(separator: " | ")) | 100 |")
            }
            try row("started")
            let connections = try (0..<Self.connections).map { _ in try Connection(port: broker.port) }
            let batch = try BenchRequest.batch(bytes: 100 << 10, records: 100)
            for round in 0..<Self.rounds {
                for (number, connection) in connections.enumerated() {
                    let partition = Int32(number * Self.rounds + round)
                    try connection.send(BenchRequest.produce(batch, to: "memory", partition: partition))
                    try connection.receiveProduced("memory")
                    try connection.send(
                        BenchRequest.fetch("memory", partition: partition, from: 0, bytesMax: 1 << 20))
                    let bytes = try connection.receive { BenchRequest.fetchedBytes($0, topic: "memory") }
                    guard bytes > 0 else { throw BenchFailure(description: "partition \(partition) gives nothing") }
                }
            }
            let sent = Self.connections * Self.rounds * batch.sizeInBytes / 1_000_000
            try row("\(Self.connections) connections, \(sent) MB written")
            withExtendedLifetime(connections) {}
            try stop(broker)
        }
        show("")
    }

    // MARK: The data

    private func prepare(_ folder: String, _ topics: [String], bytes: Int) async throws {
        let data = folder + "/data"
        var settings = EmbeddedSettings()
        settings.flush = .os
        let broker = try await Broker.open(directory: data, settings: settings)
        let batch = try BenchRequest.batch(bytes: 4096, records: 10)
        for name in topics {
            let config = TopicConfig(retentionMilliseconds: -1)
            let topic = try await broker.createTopic(name, partitions: Int32(Self.partitions), config: config)
            for partition in topic.partitions {
                _ = try broker.begin(appending: batch, to: partition)
                try broker.log(of: partition)?.roll()
            }
        }
        try await broker.close()
        let each = bytes / topics.count / Self.partitions
        for name in topics {
            for partition in 0..<Self.partitions { try stretch("\(data)/\(name)-\(partition)", to: each) }
        }
        // Started when it has been closed: an earlier start may have something left to write.
        try stop(started(folder))
    }

    /// Moves the one batch of a closed segment to the end of so many bytes, with nothing before it, and lets the index say so.
    private func stretch(_ partition: String, to size: Int) throws {
        let segment = partition + "/00000000000000000000"
        let log = try FileHandle(forUpdating: URL(filePath: segment + ".log"))
        defer { try? log.close() }
        guard let batch = try log.readToEnd(), !batch.isEmpty else {
            throw BenchFailure(description: "\(segment).log is empty")
        }
        let position = size - batch.count
        try log.truncate(atOffset: 0)
        try log.seek(toOffset: UInt64(position))
        try log.write(contentsOf: batch)
        // The first offset, relative to the segment's, and its position: docs/formats/segment.md.
        let entry = withUnsafeBytes(of: UInt32(position).bigEndian) { [0, 0, 0, 0] + $0 }
        try Data(entry).write(to: URL(filePath: segment + ".index"))
    }
}
