import Foundation
import TestSupport
import Testing

private let kcatPath = ChildProcess.installed("kcat")

/// Real clients of Apache Kafka against `sluice broker`.
@Suite(
    "Kafka's clients", .timeLimit(.minutes(10)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct KafkaClientTests {
    @Test(
        "kcat reads what kcat has written, with every codec", .enabled(if: kcatPath != nil, "no kcat: run make test"),
        arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
    func kcat(codec: String) async throws {
        let kcat = try #require(kcatPath)
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let lines = (0..<20_000).map { "line \($0) " + String(repeating: "x", count: $0 % 300) }
        let input = try folder.write("input", lines.joined(separator: "\n") + "\n")
        let written = try await Program.run(
            kcat, ["-b", broker.address, "-P", "-t", "lines", "-z", codec, "-X", "acks=all", "-X", "linger.ms=50"],
            input: input)
        #expect(written.status == 0, "\(written.errors)")
        let read = try await Program.run(
            kcat, ["-b", broker.address, "-C", "-t", "lines", "-o", "beginning", "-e", "-q"])
        #expect(read.status == 0, "\(read.errors)")
        #expect(read.output.split(separator: "\n").map(String.init) == lines)
        #expect(await broker.stop() == 0)
    }

    @Test("an idempotent producer's records are there once and in order, though the broker is killed under it")
    func kills() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let count = 12_000
        let client = try Program(
            try #require(PythonInterpreter.path),
            [Program.root + "/Tests/Clients/with_librdkafka.py", broker.address, "\(count)"])
        for kill in 1...4 {
            let acknowledged = Int.random(in: kill * 2000..<kill * 2000 + 1500, using: &random)
            try await eventually("\(acknowledged) records are acknowledged") {
                guard client.isRunning else { throw TimedOut(description: "the client ended: \(client.errors)") }
                return (client.output.split(separator: "\n").last.flatMap { Int($0) } ?? 0) >= acknowledged
            }
            try await broker.crash()
        }
        let ended = await client.wait()
        #expect(ended.status == 0, "seed \(seed): \(ended.errors)\n\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }

    @Test(
        "garbage, half a request and idle connections harm nobody else, and answers come in the order of their requests"
    )
    func rawConnections() async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let ended = try await PythonInterpreter.run("Clients/raw_connections.py", [broker.address])
        #expect(ended.status == 0, "\(ended.output)\n\(ended.errors)\n\(broker.process.errors)")
        #expect(broker.process.errors.contains("is closed: a request of 2147483647 bytes"))
        #expect(await broker.stop() == 0)
    }

    @Test("a consumer that waits for records keeps the broker from nothing", .enabled(if: kcatPath != nil, "no kcat"))
    func stopUnderFetch() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let kcat = try #require(kcatPath)
        let input = try folder.write("input", "one line\n")
        let written = try await Program.run(kcat, ["-b", broker.address, "-P", "-t", "t"], input: input)
        #expect(written.status == 0, "\(written.errors)")
        let consumer = try Program(
            kcat, ["-b", broker.address, "-C", "-t", "t", "-o", "beginning", "-u", "-X", "fetch.wait.max.ms=30000"])
        try await eventually("the consumer has the record") { !consumer.output.isEmpty }
        #expect(await broker.stop() == 0)
        #expect(!broker.process.errors.contains("not stopped within"))
        consumer.signal(SIGKILL)
        await consumer.wait()
    }

    @Test("an address that is taken, or that is none, is told in one line")
    func badAddresses() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let second = try await Program.run(
            Program.sluice, ["broker", "--listen", broker.address, "--data-dir", folder("other")])
        #expect(second.status == 1)
        #expect(second.errors.contains("sluice: cannot listen on \(broker.address)"), "\(second.errors)")
        let wrong = try await Program.run(Program.sluice, ["broker", "--listen", "9092"])
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("'9092' is no address to listen on"), "\(wrong.errors)")
        let wildcard = try await Program.run(
            Program.sluice, ["broker", "--listen", "0.0.0.0:0", "--data-dir", folder("wild")])
        #expect(wildcard.status == 64)
        #expect(
            wildcard.errors.contains("say with --advertise HOST or stream.embedded.binder.advertise"),
            "\(wildcard.errors)")
        #expect(await broker.stop() == 0)
    }
}
