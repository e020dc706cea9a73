import Foundation
import TestSupport
import Testing

private let kcatPath = ChildProcess.installed("kcat")

/// `sluice produce` and `sluice consume` against `sluice broker`.
@Suite("the command line as Kafka's client", .timeLimit(.minutes(10)))
struct CommandLineClientTests {
    /// Runs a command of sluice against a broker.
    static func sluice(_ broker: RunningBroker, _ arguments: String..., input: String = "/dev/null") async throws
        -> Program.Result
    {
        try await Program.run(
            Program.sluice, arguments + ["--bootstrap-server", broker.address], input: input)
    }

    @Test(
        "20,000 lines with keys and headers come back as they were sent, also to kcat",
        arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
    func roundTrip(codec: String) async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let lines = (0..<20_000).map { "key \($0 % 100)::value \($0) " + String(repeating: "x", count: $0 % 300) }
        let input = try folder.write("input", lines.joined(separator: "\n"))
        let sent = try await Self.sluice(
            broker, "produce", "--topic", "lines", "--key-separator", "::", "--header", "origin=test", "--header",
            "empty=", "--compression", codec, input: input)
        #expect(sent.status == 0 && sent.output == "" && sent.errors == "", "\(sent)")

        let read = try await Self.sluice(
            broker, "consume", "--topic", "lines", "--until-end", "--format", "%k::%v\\n")
        #expect(read.status == 0 && read.errors == "", "\(read.errors)")
        #expect(read.output.split(separator: "\n").map(String.init) == lines)
        let headers = try await Self.sluice(
            broker, "consume", "--topic", "lines", "--from", "19999", "--count", "1", "--format", "%t %p %o %h")
        #expect(headers.output == "lines 0 19999 origin=test,empty=", "\(headers)")

        if let kcatPath {
            let foreign = try await Program.run(
                kcatPath, ["-b", broker.address, "-C", "-t", "lines", "-o", "beginning", "-e", "-q", "-f", "%k::%s\n"])
            #expect(foreign.status == 0, "\(foreign.errors)")
            #expect(foreign.output.split(separator: "\n").map(String.init) == lines)
        }
        #expect(await broker.stop() == 0)
    }

    @Test("json names every part of a record, and bytes that are no text are in Base64")
    func json() async throws {
        struct Printed: Decodable, Equatable {
            struct Header: Decodable, Equatable {
                let name: String
                let value: String?
            }
            struct Base64: Decodable, Equatable { let base64: String }
            let topic: String
            let partition: Int
            let offset: Int
            let timestamp: Int64
            let key: String?
            let headers: [Header]
        }
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let input = folder("input")
        try Data([0xFF, 0xFE, 0x0A] + "say \"hi\"\t\u{1}é\n".utf8).write(to: URL(filePath: input))
        let begun = Date.now
        let sent = try await Self.sluice(
            broker, "produce", "-t", "odd", "--key", "k", "--header", "h=a=b", input: input)
        #expect(sent.status == 0, "\(sent.errors)")
        let read = try await Self.sluice(broker, "consume", "-t", "odd", "--until-end", "--format", "json")
        let lines = read.output.split(separator: "\n").map { Data($0.utf8) }
        try #require(lines.count == 2, "\(read)")
        for (offset, line) in lines.enumerated() {
            let record = try JSONDecoder().decode(Printed.self, from: line)
            #expect(record.topic == "odd" && record.partition == 0 && record.offset == offset && record.key == "k")
            #expect(record.headers == [Printed.Header(name: "h", value: "a=b")])
            #expect(abs(Double(record.timestamp) / 1000 - begun.timeIntervalSince1970) < 60)
        }
        let first = try JSONDecoder().decode([String: Printed.Base64].self, from: try Self.only("value", of: lines[0]))
        #expect(first["value"]?.base64 == Data([0xFF, 0xFE]).base64EncodedString())
        let second = try JSONDecoder().decode([String: String].self, from: try Self.only("value", of: lines[1]))
        #expect(second["value"] == "say \"hi\"\t\u{1}é")
        #expect(await broker.stop() == 0)
    }

    /// A JSON object with one of its members only.
    private static func only(_ member: String, of object: Data) throws -> Data {
        let all = try #require(try JSONSerialization.jsonObject(with: object) as? [String: Any])
        return try JSONSerialization.data(withJSONObject: all.filter { $0.key == member })
    }

    @Test("it begins where it is told")
    func places() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        func send(_ numbers: ClosedRange<Int>) async throws {
            let input = try folder.write("input", numbers.map { "\($0)\n" }.joined())
            let sent = try await Self.sluice(broker, "produce", "-t", "n", input: input)
            #expect(sent.status == 0, "\(sent.errors)")
        }
        func read(from place: String) async throws -> [Int] {
            let read = try await Self.sluice(broker, "consume", "-t", "n", "--until-end", "--from", place)
            #expect(read.status == 0, "\(place): \(read.errors)")
            return read.output.split(separator: "\n").compactMap { Int($0) }
        }
        func printed(_ format: String, offset: Int) async throws -> String {
            try await Self.sluice(
                broker, "consume", "-t", "n", "--from", "\(offset)", "--count", "1", "--format", format
            ).output
        }
        try await send(0...9)
        // Both halves must not be of the same millisecond.
        let written = try await printed("%T", offset: 9)
        let last = try #require(Double(written))
        try await eventually("a later millisecond") { Date.now.timeIntervalSince1970 * 1000 >= last + 1 }
        try await send(10...19)
        let time = try await printed("%T", offset: 10)
        let date = try await printed("%d", offset: 10)
        for (place, first) in [
            ("beginning", 0), ("7", 7), ("100", 20), ("-3", 17), ("-1000", 0), ("end", 20), ("-1h", 0),
            ("@\(time)", 10), (date, 10), ("2020-01-01", 0), ("2020-01-01T00:00+01:00", 0), ("2990-01-01", 20),
        ] {
            #expect(try await read(from: place) == Array(first..<20), "--from \(place)")
        }
        #expect(await broker.stop() == 0)
    }

    @Test("what cannot be done is told in one line with what to do, and is exit code 1 or 64")
    func errors() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let input = try folder.write("input", "a:1\nb:2\nc3\nd:4\n")
        let nobody = "127.0.0.1:\(try freePorts(1)[0])"
        for (arguments, status, message) in [
            (
                ["consume", "-t", "t", "-b", nobody, "--timeout", "300ms"], 1,
                "no broker at \(nobody); start one with 'sluice broker', or name another with --bootstrap-server"
            ),
            (
                ["produce", "-t", "t", "-b", nobody, "--timeout", "300ms"], 1,
                "no broker at \(nobody); start one with 'sluice broker', or name another with --bootstrap-server"
            ),
            (
                ["consume", "-t", "none", "-b", broker.address], 1,
                """
                topic 'none' is not at \(broker.address); 'sluice topics list' shows what is there, 'sluice topics create' \
                makes one
                """
            ),
            (
                ["produce", "-t", "t", "-b", broker.address, "--key-separator", ":"], 1,
                "line 3 has no ':' behind a key; nothing from it on was sent"
            ),
            (
                ["produce", "-t", "t", "-b", broker.address, "--partition", "1"], 1,
                "topic 't' has no partition 1, but 1, counted from 0"
            ),
            (
                ["consume", "-t", "t", "-b", broker.address, "--partition", "1"], 1,
                "topic 't' has no partition 1, but 1, counted from 0"
            ),
            (
                ["consume", "-t", "t", "-b", broker.address, "-X", "no.such=1"], 1,
                "--property no.such: librdkafka knows no such property"
            ),
            (
                ["consume", "-t", "t", "-b", "127.0.0.1:abc"], 64,
                """
                --bootstrap-server: '127.0.0.1:abc' is no address of a broker; it is HOST:PORT, such as 127.0.0.1:9092 or \
                [::1]:9092; see 'sluice consume --help'
                """
            ),
            (
                ["consume", "-t", "t", "-b", "a:1,:::"], 64,
                """
                --bootstrap-server: ':::' is no address of a broker; it is HOST:PORT, such as 127.0.0.1:9092 or [::1]:9092; \
                see 'sluice consume --help'
                """
            ),
            (
                ["consume", "-t", "t", "-b", "127.0.0.9", "--timeout", "300ms"], 1,
                "no broker at 127.0.0.9:9092; start one with 'sluice broker', or name another with --bootstrap-server"
            ),
            (
                ["consume", "-t", "t", "--format", "yaml"], 64,
                """
                The value 'yaml' is invalid for '--format <format>': 'yaml' is no format; it is value, json, or a template \
                such as '%o %k %v\\n'; see 'sluice consume --help'
                """
            ),
            (
                ["consume", "-t", "t", "--format", "%q"], 64,
                """
                The value '%q' is invalid for '--format <format>': '%q' is no field of a record; these are: %t, %p, %o, %T, \
                %d, %k, %K, %v, %V, %h, and %% for a %; see 'sluice consume --help'
                """
            ),
            (
                ["consume", "-t", "t", "--group", "g", "--from", "5"], 64,
                """
                with --group, --from is beginning or end, for a group that has committed nothing; \
                'sluice groups reset-offsets' moves a group; see 'sluice consume --help'
                """
            ),
        ] {
            let result = try await Program.run(Program.sluice, arguments, input: input)
            #expect(result.status == Int32(status), "\(arguments)")
            #expect(result.errors == "sluice: \(message)\n", "\(arguments)")
            #expect(result.output == "", "\(arguments)")
        }
        // The two lines before the one without a separator were sent all the same.
        let read = try await Self.sluice(broker, "consume", "-t", "t", "--until-end", "--format", "%k=%v ")
        #expect(read.output == "a=1 b=2 ", "\(read)")
        #expect(await broker.stop() == 0)
    }

    @Test("a record that is not acknowledged is exit code 1 and one line with its reason")
    func unacknowledged() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let input = try folder.write("input", "short\n" + String(repeating: "x", count: 20 << 20) + "\n")
        let sent = try await Self.sluice(broker, "produce", "-t", "t", input: input)
        #expect(sent.status == 1)
        #expect(sent.errors.hasPrefix("sluice: 1 of 2 records were not acknowledged by \(broker.address): "), "\(sent)")
        #expect(
            sent.errors.contains("(MSG_SIZE_TOO_LARGE); 'sluice topics alter t --config max.message.bytes="), "\(sent)")
        #expect(sent.errors.split(separator: "\n").count == 1)
        let made = try await Self.sluice(broker, "topics", "create", "c", "--config", "cleanup.policy=compact")
        #expect(made.status == 0)
        let refused = try await Self.sluice(broker, "produce", "-t", "c", input: try folder.write("input", "a\n"))
        #expect(refused.status == 1)
        #expect(
            refused.errors.hasSuffix(
                "a compacted topic takes no record without a key: give them with --key or --key-separator\n"),
            "\(refused)")
        #expect(await broker.stop() == 0)
    }

    @Test("consume of a topic that is deleted meanwhile ends and says so", arguments: [[], ["--group", "g"]])
    func topicDeleted(options: [String]) async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let input = try folder.write("input", "one\n")
        #expect(try await Self.sluice(broker, "produce", "-t", "t", input: input).status == 0)
        let consumer = try Program(
            Program.sluice, ["consume", "-t", "t", "--from", "beginning", "-b", broker.address] + options)
        try await eventually("the record is printed") { consumer.output == "one\n" }
        #expect(try await Self.sluice(broker, "topics", "delete", "t").status == 0)
        let clock = ContinuousClock()
        let start = clock.now
        let ended = await consumer.wait()
        #expect(
            ended.status == 1 && ended.errors == "sluice: topic 't' is no longer at \(broker.address)\n", "\(ended)")
        // Long before the limit of a stop, which librdkafka's own end would be ended by.
        #expect(clock.now - start < .seconds(15))
        #expect(await broker.stop() == 0)
    }

    @Test("produce waits for a broker that is killed and comes back, and sends every line once")
    func producerSurvives() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let input = try folder.write("input", (0..<200_000).map { "\($0)\n" }.joined())
        let producer = try Program(
            Program.sluice, ["produce", "-t", "t", "-b", broker.address, "-X", "batch.size=2000"], input: input)
        try await eventually("something has arrived") {
            let read = try await Self.sluice(broker, "consume", "-t", "t", "--until-end", "--from", "-1")
            return read.status == 0 && !read.output.isEmpty
        }
        try await broker.crash()
        let ended = await producer.wait()
        #expect(ended.status == 0 && ended.errors == "", "\(ended.errors)")
        let read = try await Self.sluice(broker, "consume", "-t", "t", "--until-end")
        #expect(read.output.split(separator: "\n").map { Int($0) } == Array(0..<200_000))
        #expect(await broker.stop() == 0)
    }

    @Test(
        "consume follows a topic until SIGTERM or SIGINT, which ends it with exit code 0", arguments: [SIGTERM, SIGINT])
    func signals(signal: Int32) async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let input = try folder.write("input", "one\n")
        #expect(try await Self.sluice(broker, "produce", "-t", "t", input: input).status == 0)
        let consumer = try Program(
            Program.sluice, ["consume", "-t", "t", "--from", "beginning", "-b", broker.address])
        try await eventually("the record is printed") { consumer.output == "one\n" }
        #expect(try await Self.sluice(broker, "produce", "-t", "t", input: input).status == 0)
        try await eventually("the next one too") { consumer.output == "one\none\n" }
        consumer.signal(signal)
        let ended = await consumer.wait()
        #expect(ended.status == 0 && !ended.wasKilled && ended.errors == "", "\(ended)")
        #expect(await broker.stop() == 0)
    }

    @Test("SIGTERM ends the reading of produce; what was read is sent")
    func producerStops() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let pipe = folder("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        // Open for both, so that neither end waits for the other, and the pipe has no end.
        let descriptor = open(pipe, O_RDWR)
        defer { close(descriptor) }
        let producer = try Program(Program.sluice, ["produce", "-t", "t", "-b", broker.address], input: pipe)
        #expect(write(descriptor, "one\ntwo\n", 8) == 8)
        try await eventually("the lines have arrived") {
            try await Self.sluice(broker, "consume", "-t", "t", "--until-end").output == "one\ntwo\n"
        }
        producer.signal(SIGTERM)
        let ended = await producer.wait()
        #expect(ended.status == 0 && !ended.wasKilled && ended.errors == "", "\(ended)")
        #expect(await broker.stop() == 0)
    }

    @Test("consume ends when nobody reads its output any more, even if no record follows")
    func closedOutput() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let input = try folder.write("input", "one\ntwo\n")
        #expect(try await Self.sluice(broker, "produce", "-t", "t", input: input).status == 0)
        let piped =
            "\(Program.sluice) consume -t t --from beginning -b \(broker.address) | head -n 1; echo ${PIPESTATUS[0]}"
        let ended = try await Program.run("/bin/bash", ["-c", piped])
        #expect(ended.output == "one\n0\n" && ended.errors == "", "\(ended)")
        #expect(await broker.stop() == 0)
    }
}
