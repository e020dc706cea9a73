import BrokerCore
import Foundation
import Glibc
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
            try measure("a clean stop", "2", folder) { try $0.stop() }
            try measure("SIGKILL, nothing written", "", folder) { $0.kill() }
            let tail = "SIGKILL, \(Self.tailBytes >> 10) KiB unflushed in each of \(Self.tailPartitions)"
            try measure(tail, "", folder) { broker in
                try produce(to: topics[0], Self.tailBytes, broker)
                broker.kill()
            }
            try StartedBroker(folder).stop()
        }
        show("")
    }

    /// The row of a table: each time the broker is started and ended as `end` does it, and the start after that is measured.
    private func measure(
        _ name: String, _ target: String, _ folder: String, _ end: (StartedBroker) throws -> Void
    ) throws {
        var (walls, costs, sizes): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<runs {
            try end(try StartedBroker(folder))
            let broker = try StartedBroker(folder)
            walls.append(broker.startSeconds)
            costs.append(try broker.cpuSeconds())
            sizes.append(try broker.memoryMiB("VmRSS"))
            try broker.stop()
        }
        let cells = [walls.median.rounded(to: 2), costs.median.rounded(to: 2), sizes.median.rounded(to: 0)]
        show("| \(name) | \(cells.joined(separator: " | ")) | \(target) |")
    }

    private func produce(to topic: String, _ bytes: Int, _ broker: StartedBroker) throws {
        let connection = try Connection(port: broker.port)
        let batch = try BenchRequest.batch(bytes: bytes)
        for partition in 0..<Self.tailPartitions {
            try connection.send(BenchRequest.produce(batch, to: topic, partition: Int32(partition)))
            try checkProduced(connection, topic)
        }
    }

    private func checkProduced(_ connection: Connection, _ topic: String) throws {
        let error = try connection.receive { BenchRequest.produceError($0, topic: topic) }
        guard error == 0 else { throw BenchFailure(description: "produce answers with error \(error)") }
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
            let broker = try StartedBroker(folder)
            func row(_ name: String) throws {
                let sizes = [try broker.memoryMiB("VmRSS"), try broker.memoryMiB("VmHWM")].map { $0.rounded(to: 1) }
                show("| \(name) | \(sizes.joined(separator: " | ")) | 100 |")
            }
            try row("started")
            let connections = try (0..<Self.connections).map { _ in try Connection(port: broker.port) }
            let batch = try BenchRequest.batch(bytes: 100 << 10, records: 100)
            for round in 0..<Self.rounds {
                for (number, connection) in connections.enumerated() {
                    let partition = Int32(number * Self.rounds + round)
                    try connection.send(BenchRequest.produce(batch, to: "memory", partition: partition))
                    try checkProduced(connection, "memory")
                    try connection.send(
                        BenchRequest.fetch("memory", partition: partition, from: 0, bytesMax: 1 << 20))
                    let bytes = try connection.receive { BenchRequest.fetchedBytes($0, topic: "memory") }
                    guard bytes > 0 else { throw BenchFailure(description: "partition \(partition) gives nothing") }
                }
            }
            let sent = Self.connections * Self.rounds * batch.sizeInBytes / 1_000_000
            try row("\(Self.connections) connections, \(sent) MB written")
            withExtendedLifetime(connections) {}
            try broker.stop()
        }
        show("")
    }

    // MARK: The data

    private func prepare(_ folder: String, _ topics: [String], bytes: Int) async throws {
        let data = folder + "/data"
        let configuration = "stream: { embedded: { binder: { flush: os } } }\n"
        try Data(configuration.utf8).write(to: URL(filePath: folder + "/broker.yaml"))
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
        try StartedBroker(folder).stop()
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

/// A `sluice broker` that has said it is ready.
private final class StartedBroker {
    let port = 39_092
    private(set) var startSeconds = 0.0
    private var pid = pid_t()

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    private static let readyLine = "clients are served"

    init(_ folder: String) throws {
        let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "sluice").path
        let arguments = [
            path, "broker", "--listen", "127.0.0.1:\(port)", "--data-dir", folder + "/data", "--config",
            folder + "/broker.yaml",
        ]
        var cArguments = arguments.map { strdup($0) } + [nil]
        defer { for argument in cArguments { free(argument) } }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchFailure(description: "no pipe") }
        defer { close(ends[0]) }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addclose(&files, ends[0])
        posix_spawn_file_actions_adddup2(&files, ends[1], 2)
        posix_spawn_file_actions_addclose(&files, ends[1])
        let begin = ContinuousClock.now
        guard posix_spawn(&pid, path, &files, nil, &cArguments, environ) == 0 else {
            throw BenchFailure(description: "cannot start \(path): build it with `swift build -c release`")
        }
        close(ends[1])
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !said.contains(Self.readyLine) {
            let count = read(ends[0], &buffer, buffer.count)
            guard count > 0 else { throw BenchFailure(description: "the broker ended: \(said)") }
            said += String(decoding: buffer[..<count], as: UTF8.self)
        }
        startSeconds = begin.duration(to: .now) / .seconds(1)
    }

    deinit {
        if pid > 0 { kill() }
    }

    func stop() throws {
        Glibc.kill(pid, SIGTERM)
        let status = wait()
        guard status == 0 else { throw BenchFailure(description: "the broker's stop ends with status \(status)") }
    }

    func kill() {
        Glibc.kill(pid, SIGKILL)
        _ = wait()
    }

    private func wait() -> Int32 {
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        pid = 0
        return status
    }

    /// User and system time so far (`proc_pid_stat(5)`, fields 14 and 15).
    func cpuSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // The second field, the name in brackets, may hold spaces.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw BenchFailure(description: "/proc/\(pid)/stat cannot be read")
        }
        return (user + system) / Self.ticksPerSecond
    }

    /// `VmRSS` or `VmHWM` of `proc_pid_status(5)`.
    func memoryMiB(_ name: String) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Double($0) }) else {
            throw BenchFailure(description: "/proc/\(pid)/status cannot be read")
        }
        return kibibytes / 1024
    }
}
