import ArgumentParser
import Foundation
import KafkaClient

/// `sluice produce`: lines of standard input become records of a topic.
struct ProduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce", abstract: "Sends the lines of standard input to a topic, a record each.",
        discussion: """
            Ends with exit code 0 once every line is acknowledged; with 1, and a line that says why, if one was not. By default a line is written once \
            however often it had to be sent (idempotence). SIGTERM or SIGINT ends the reading; what was read is sent.
            """)

    /// How many copies of a record are to be written before it counts as acknowledged.
    enum Acknowledgement: String, CaseIterable, ExpressibleByArgument {
        case none = "0"
        case leader = "1"
        case all
    }

    enum Compression: String, CaseIterable, ExpressibleByArgument {
        case none
        case gzip
        case snappy
        case lz4
        case zstd
    }

    @Option(name: .shortAndLong, help: "The topic to send to.")
    var topic: String

    @Option(
        parsing: .unconditional,
        help: "The partition to send to. Default: by the key as Java's client does, or by turns without one.")
    var partition: Int32?

    @Option(help: "The key of every record.")
    var key: String?

    @Option(
        name: .customLong("key-separator"),
        help: "What stands between key and value in a line, such as ':' or '\\t'; a line without it is an error.")
    var separator: String?

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A header of every record; may be repeated.", valueName: "key=value"),
        transform: KeyValue.init(parsing:))
    var headers: [KeyValue] = []

    @Flag(help: "An empty value is sent as none: in a compacted topic it deletes the key.")
    var tombstones = false

    @Option(help: "none, gzip, snappy, lz4 or zstd.")
    var compression = Compression.none

    @Option(help: "all: by every replica in sync, and written once. 1: by the leader. 0: not at all.")
    var acks = Acknowledgement.all

    @Option(
        name: .customLong("delivery-timeout"),
        help: "How long a record is tried to be sent before it is given up, such as 30s. Default: 2m.",
        transform: DurationArgument.init(parsing:))
    var deliveryTimeout = DurationArgument(seconds: 120)

    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        guard !topic.isEmpty else { throw ValidationError("--topic needs a name") }
        guard partition ?? 0 >= 0 else { throw ValidationError("--partition is a number from 0 on") }
        guard key == nil || separator == nil else {
            throw ValidationError(
                "--key gives every record the same key, --key-separator finds it in the line: use one")
        }
        guard separator != "" else { throw ValidationError("--key-separator needs at least one character") }
        guard deliveryTimeout.duration >= .milliseconds(1) else {
            throw ValidationError("--delivery-timeout is a time above zero, such as 30s")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let clock = ContinuousClock()
            let start = clock.now
            let sent = try await StopRequest.whileTrapped { stop in
                try await cluster.run { try send(until: stop) }
            }
            guard isatty(STDERR_FILENO) == 1 else { return }
            let seconds = ((clock.now - start) / .seconds(1)).formatted(.number.precision(.fractionLength(1)))
            complain("\(sent) records acknowledged in \(seconds) s")
        }
    }

    /// Sends what standard input has; how many records that were.
    private func send(until stop: StopRequest) throws -> Int {
        let producer = try Producer(cluster.configuration(), properties: properties)
        let known = try producer.cluster.topic(
            topic, reachTimeout: cluster.reachTimeout, makingLimit: cluster.reachTimeout)
        if let partition, !known.partitions.contains(where: { $0.number == partition }) {
            throw CommandFailure(
                "topic '\(topic)' has no partition \(partition), but \(known.partitions.count), counted from 0")
        }
        let ended: (any Error)?
        do {
            try sendLines(to: producer, try producer.topic(topic), until: stop)
            ended = nil
        } catch {
            // What was sent before is still waited for.
            ended = error
        }
        let unsettled = settle(producer, until: stop)
        let deliveries = producer.deliveries
        let missing = deliveries.failed + unsettled
        if missing > 0 {
            let reason = deliveries.firstFailure.map { "\($0) (\($0.name))" } ?? "no answer"
            let isCertain = deliveries.uncertain == 0 && unsettled == 0
            throw CommandFailure(
                """
                \(missing) of \(deliveries.acknowledged + missing) records were not acknowledged by \(cluster.address): \
                \(reason); \(isCertain ? advice(deliveries.firstFailure?.name) : "they may be in the topic all the same")
                """)
        }
        if let ended { throw ended }
        return deliveries.acknowledged
    }

    /// What to do about a refusal, by Kafka's name for it.
    private func advice(_ refusal: String?) -> String {
        switch refusal {
        case "MSG_SIZE_TOO_LARGE":
            "'sluice topics alter \(topic) --config max.message.bytes=BYTES' lets the topic take more, and --compression makes less of it"
        case "INVALID_RECORD":
            "a compacted topic takes no record without a key: give them with --key or --key-separator"
        case "TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED":
            "whoever administers the cluster has to let this client write there"
        default: "they are not in the topic"
        }
    }

    /// Every record is settled within its delivery timeout; this is for the settling itself.
    private static let flushMargin = Duration.seconds(5)

    /// How long it waits for records to be settled before it looks whether it should end.
    private static let settlingWait = Duration.milliseconds(100)

    /// Waits until every record is acknowledged or given up; how many are neither.
    private func settle(_ producer: Producer, until stop: StopRequest) -> Int {
        let deadline = ContinuousClock.now + deliveryTimeout.duration + Self.flushMargin
        while true {
            let unsettled = producer.flush(limit: Self.settlingWait)
            if unsettled == 0 || stop.isOverdue || ContinuousClock.now >= deadline { return unsettled }
        }
    }

    private func sendLines(to producer: Producer, _ topic: ProducerTopic, until stop: StopRequest) throws {
        let headers = headers.isEmpty ? nil : RecordHeaders(headers.map { ($0.key, Array($0.value.utf8)) })
        let separator = self.separator.map { Array(Self.unescaped($0).utf8) }
        let key = self.key.map { Array($0.utf8) }
        var reader = LineReader(descriptor: STDIN_FILENO, stop: stop)
        // With one record given up there is nothing to gain from reading on.
        while producer.deliveries.failed == 0 {
            let number = reader.lineNumber + 1
            let more = try reader.next { line in
                var value = line
                var found: UnsafeRawBufferPointer?
                if let separator {
                    (found, value) = try Self.split(line, at: separator, number: number)
                }
                let sent = tombstones && value.isEmpty ? nil : value
                func send(_ key: UnsafeRawBufferPointer?) throws {
                    while true {
                        do throws(KafkaClientError) {
                            try producer.send(to: topic, partition: partition, key: key, value: sent, headers: headers)
                            return
                        } catch {
                            // A full queue is all the back-pressure: nothing more is read until there is room.
                            guard error.code == .queueFull, !stop.isOverdue, producer.deliveries.failed == 0 else {
                                throw error
                            }
                            _ = producer.flush(limit: Self.settlingWait)
                        }
                    }
                }
                if let key { try key.withUnsafeBytes { try send($0) } } else { try send(found) }
            }
            guard more else { return }
        }
    }

    private static func split(
        _ line: UnsafeRawBufferPointer, at separator: [UInt8], number: Int
    ) throws -> (UnsafeRawBufferPointer, UnsafeRawBufferPointer) {
        guard let length = place(of: separator, in: line) else {
            throw CommandFailure(
                "line \(number) has no '\(String(decoding: separator, as: UTF8.self))' behind a key; nothing from it on was sent"
            )
        }
        return (
            UnsafeRawBufferPointer(rebasing: line[..<length]),
            UnsafeRawBufferPointer(rebasing: line[(length + separator.count)...])
        )
    }

    /// How far from its start a line has the first separator.
    private static func place(of separator: [UInt8], in line: UnsafeRawBufferPointer) -> Int? {
        var from = 0
        while from + separator.count <= line.count {
            // The separator begins with its first byte, which is found at the speed of memory.
            guard let start = line.baseAddress,
                let found = memchr(start + from, Int32(separator[0]), line.count - from)
            else { return nil }
            let place = UnsafeRawPointer(found) - start
            if line[place...].starts(with: separator) { return place }
            from = place + 1
        }
        return nil
    }

    /// A tab is hard to type.
    private static func unescaped(_ separator: String) -> String { separator.replacing("\\t", with: "\t") }

    private var properties: [String: String] {
        [
            "acks": acks.rawValue,
            "enable.idempotence": acks == .all ? "true" : "false",
            "compression.type": compression.rawValue,
            "message.timeout.ms": "\(Int(deliveryTimeout.duration / .milliseconds(1)))",
            // So that a key is in the same partition whoever sends it.
            "partitioner": "murmur2_random",
            // Lines come fast: fuller batches cost less than the wait.
            "linger.ms": "20",
            // The queue, and with it the memory: a send into a full one waits.
            "queue.buffering.max.messages": "100000",
            "queue.buffering.max.kbytes": "65536",
            // The broker judges how long a record may be; a line is bounded already.
            "message.max.bytes": "\(LineReader.lineBytesMax + 65_536)",
        ]
    }
}
