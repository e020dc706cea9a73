import BinderKit
import EmbeddedBinder
import Foundation
import Records
import Settings
import TestSupport
import Testing

@testable import LogAgent

extension TemporaryFolder {
    /// A folder that is made in it; its path.
    func folder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: self(name), withIntermediateDirectories: true)
        return self(name)
    }
}

/// Appends to files as a server does: one write per call.
enum Writing {
    static func append(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        try #require(descriptor >= 0, "\(path): \(String(cString: strerror(errno)))")
        try append(text, to: descriptor)
    }

    /// Appends to a file that somebody else makes, once it is there.
    static func appendWhenThere(_ text: String, to path: String) async throws {
        var descriptor: Int32 = -1
        try await eventually("\(path) is made") {
            descriptor = open(path, O_WRONLY | O_APPEND)
            return descriptor >= 0
        }
        try append(text, to: descriptor)
    }

    private static func append(_ text: String, to descriptor: Int32) throws {
        defer { close(descriptor) }
        var bytes = ArraySlice(text.utf8)
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            try #require(count > 0)
            bytes = bytes.dropFirst(count)
        }
    }

    static func lines(_ range: Range<Int>, prefix: String = "line") -> String {
        range.map { line($0, prefix: prefix) + "\n" }.joined()
    }

    static func line(_ number: Int, prefix: String = "line") -> String {
        "\(prefix) \(number) 203.0.113.7 - - \"GET /index.html HTTP/1.1\" 200 1024"
    }

    static func rename(_ from: String, _ to: String) throws {
        try #require(Glibc.rename(from, to) == 0, "\(String(cString: strerror(errno)))")
    }

    static func remove(_ path: String) throws { try #require(unlink(path) == 0) }

    static func inode(_ path: String) throws -> UInt64 { try FileFacts.of(path: path).get().identity.inode }
}

/// A binder on a data directory, and agents on it: the real thing, in one process.
final class Bench {
    static let topic = "access"
    let folder: TemporaryFolder
    let logs: String
    private(set) var binder: EmbeddedLogBinder
    private(set) var agent: Agent?
    private var running: Task<Result<Void, any Error>, Never>?
    var limits: AgentLimits
    var partitions = 1
    var compression = "none"

    private let embedded: EmbeddedSettings

    init(segmentBytes: Int = 64 << 20) async throws {
        embedded = EmbeddedSettings(flush: .os, segmentBytes: segmentBytes)
        folder = try TemporaryFolder()
        logs = try folder.folder("logs")
        binder = try await EmbeddedLogBinder.open(
            directory: folder("data"), settings: embedded)
        limits = AgentLimits()
        limits.deletedFileQuiet = .milliseconds(200)
        limits.copyQuiet = .milliseconds(200)
        limits.copySearch = .milliseconds(300)
    }

    func log(_ name: String) -> String { "\(logs)/\(name)" }

    func input(
        _ pattern: String = "*.log", exclude: [String] = [], start: FileInputSettings.Start = .beginning,
        lineBytesMax: Int = 1 << 20
    ) -> FileInputSettings {
        FileInputSettings(
            name: "in", paths: [log(pattern)], exclude: exclude.map(log), start: start, lineBytesMax: lineBytesMax,
            linger: .milliseconds(20), commitInterval: .milliseconds(100), scanInterval: .milliseconds(100))
    }

    var stream: StreamSettings {
        StreamSettings(bindings: [
            "in-out-0": BindingSettings(
                name: "in-out-0", destinations: [Self.topic],
                producer: ProducerSettings(partitionCount: partitions, compressionType: compression))
        ])
    }

    func makeAgent(_ input: FileInputSettings, id: String = "web-1") -> Agent {
        Agent(
            settings: AgentSettings(id: id, inputs: [input]), stream: stream, binders: ["embedded": binder],
            limits: limits)
    }

    /// Starts an agent; the last one is expected to have ended.
    @discardableResult
    func start(_ input: FileInputSettings) -> Agent {
        let agent = makeAgent(input)
        self.agent = agent
        running = Task {
            do { return .success(try await agent.run()) } catch { return .failure(error) }
        }
        return agent
    }

    func idle() async { await agent?.waitUntilIdle() }

    /// Ends the agent in good order.
    func stop() async throws {
        await agent?.shutdown()
        try await running?.value.get()
        running = nil
    }

    /// Takes the log away from under the agent at any moment, as a kill does: nothing uncommitted survives. Both start anew on the same folder.
    func crash() async throws {
        try await binder.close()
        // An agent that has nothing to send would not notice; one that has can no longer send it.
        await agent?.shutdown()
        _ = await running?.value
        running = nil
        binder = try await EmbeddedLogBinder.open(
            directory: folder("data"), settings: embedded)
    }

    func end() async throws {
        if running != nil { try await stop() }
        try await binder.close()
    }

    /// One record as it arrived.
    struct Arrival: Equatable {
        var value: String?
        var headers: [String: String]
        var partition: Int32
    }

    /// All that can be read in a topic now.
    func arrivals(of topic: String = Bench.topic) async throws -> [Arrival] {
        guard binder.broker.topic(named: topic) != nil else { return [] }
        let channel = try await binder.bind(
            InputBinding(name: "test", topics: [topic], group: nil, start: .earliest, deliveryBytesMax: 8 << 20))
        var result: [Arrival] = []
        reading: while let event = try await channel.next(waitingUpTo: .milliseconds(50)) {
            switch event {
            case .assigned, .revoked: continue
            case .idle: break reading
            case .delivery(let delivery):
                for batch in delivery.batches {
                    let decoded = try batch.records()
                    for record in decoded where record.offset >= delivery.startOffset {
                        let headers = decoded.headers(of: record).map {
                            ($0.name, String(decoding: $0.value ?? [], as: UTF8.self))
                        }
                        result.append(
                            Arrival(
                                value: record.value.map { String(decoding: decoded.bytes($0), as: UTF8.self) },
                                headers: Dictionary(headers, uniquingKeysWith: { $1 }),
                                partition: delivery.source.partition))
                    }
                }
            }
        }
        await channel.close()
        return result
    }

    func values() async throws -> [String] { try await arrivals().compactMap(\.value) }

    func deadLetters() async throws -> [Arrival] { try await arrivals(of: "error.\(Bench.topic).web-1") }

    var status: InputStatus { get throws { try #require(agent?.status.inputs.first) } }

    /// That exactly the lines of `range` have arrived, each once, in any order.
    func expectExactly(
        _ range: Range<Int>, prefix: String = "line", sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        Self.expect(
            try await values(), are: range.map { Writing.line($0, prefix: prefix) }, sourceLocation: sourceLocation)
    }

    static func expect(
        _ values: [String], are expected: [String], sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) {
        let missing = Set(expected).subtracting(values)
        let extra = values.count - Set(values).count
        let foreign = Set(values).subtracting(expected)
        #expect(
            missing.isEmpty && extra == 0 && foreign.isEmpty,
            """
            \(missing.count) missing (\(missing.sorted().prefix(2))), \(extra) duplicates, \(foreign.count) foreign \
            (\(foreign.sorted().prefix(2)))
            """, sourceLocation: sourceLocation)
    }
}
