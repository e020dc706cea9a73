import Foundation
import TestSupport
import Testing

/// SIGKILL at random moments under load.
@Suite("kill -9", .timeLimit(.minutes(15)))
struct KillTests {
    static let kills = 50
    /// At most so many lines are written before each kill: more would only make the last run long.
    static let linesPerKill = 3000
    /// Kills come sooner than twice this, so that fifty of them end on the slowest machine.
    static let startUpMax = Duration.seconds(3)

    @Test("after 50 kills under load every line is in the topics exactly once")
    func fiftyKills() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let pipeline = try Pipeline()
        let writer = try NumberedWriter(path: pipeline.log, linesPerBurst: 400)
        let startUp = try await startAndKill(pipeline, writer)
        var early = 0
        for kill in 1...Self.kills {
            let sluice = try Program(Program.sluice, pipeline.up())
            // The moment is random, from before the lock is taken to the middle of steady work: the load goes on beside it.
            let deadline = ContinuousClock.now + startUp * Double.random(in: 0..<2, using: &random)
            while ContinuousClock.now < deadline && sluice.isRunning {
                guard writer.written >= kill * Self.linesPerKill else {
                    try writer.burst()
                    continue
                }
                try await Task.sleep(for: .milliseconds(1))
            }
            if !sluice.isRunning {
                early += 1
                let result = await sluice.wait()
                Issue.record("sluice ended by itself: \(result.errors)")
            }
            sluice.signal(SIGKILL)
            _ = await sluice.wait()
        }
        #expect(early == 0)
        let shipped = try await pipeline.values(of: "nginx.access").count
        #expect(shipped > 0, "nothing was shipped before the last kill")
        let finished = try await pipeline.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        try await expectEachOnce(pipeline, lines: writer.written)
    }

    /// The first kill comes when lines are shipped. How long that takes is this machine's measure for the others.
    private func startAndKill(_ pipeline: Pipeline, _ writer: NumberedWriter) async throws -> Duration {
        let start = ContinuousClock.now
        try writer.burst()
        let sluice = try Program(Program.sluice, pipeline.up())
        try await eventually("lines are shipped") {
            guard FileManager.default.fileExists(atPath: pipeline.data + "/nginx.access-0") else { return false }
            return try await !pipeline.values(of: "nginx.access").isEmpty
        }
        sluice.signal(SIGKILL)
        _ = await sluice.wait()
        return min(start.duration(to: .now), Self.startUpMax)
    }

    @Test("a second SIGTERM ends the process at once, and the next run loses and doubles nothing")
    func secondSignal() async throws {
        let pipeline = try Pipeline()
        let writer = try NumberedWriter(path: pipeline.log, linesPerBurst: 50_000)
        try writer.burst()
        let sluice = try Program(Program.sluice, pipeline.up())
        try await eventually("the agent has begun") {
            FileManager.default.fileExists(atPath: pipeline.data + "/nginx.access-0")
        }
        sluice.signal(SIGTERM)
        try await eventually("it stops") { sluice.errors.contains("stopping") || !sluice.isRunning }
        sluice.signal(SIGINT)
        let ended = await sluice.wait()
        // At once, or it had drained already; or, drained, was closing the log, when a signal does what it does to any program.
        let isAtOnce = ended.status == (ended.wasKilled ? SIGINT : 128 + SIGINT)
        #expect(isAtOnce || ended.status == 0, "\(ended)")
        let finished = try await pipeline.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        try await expectEachOnce(pipeline, lines: writer.written)
    }
}

/// Every number once in the raw topic, once in the hits; every fiftieth once in the errors; and each counted once in the windows, or too late for them.
func expectEachOnce(_ pipeline: Pipeline, lines: Int) async throws {
    #expect(lines > 0)
    for topic in ["nginx.access", "nginx.hits"] {
        let counts = NumberedLines.counts(in: try await pipeline.values(of: topic))
        let missing = (0..<lines).filter { counts[$0] == nil }
        let doubled = counts.filter { $0.value > 1 }.keys.sorted()
        #expect(missing.isEmpty, "\(topic): \(missing.count) of \(lines) missing, first \(missing.prefix(5))")
        #expect(doubled.isEmpty, "\(topic): \(doubled.count) of \(lines) doubled, first \(doubled.prefix(5))")
    }
    let errors = NumberedLines.counts(in: try await pipeline.values(of: "nginx.errors"))
    #expect(errors == Dictionary(uniqueKeysWithValues: stride(from: 0, to: lines, by: 50).map { ($0, 1) }))
    var counted = 0
    for window in try await pipeline.values(of: "nginx.per-second") {
        counted += window.firstMatch(of: /"hits":(\d+)/).flatMap { Int($0.1) } ?? 0
    }
    // A line that came after its window was closed is in the stage's dead letters instead.
    let late = try await pipeline.values(of: "error.nginx.hits.per-second").count
    #expect(counted + late == lines, "the windows counted \(counted) of \(lines) lines, and \(late) came too late")
}

/// Appends numbered lines to a log, several in one write as a busy server does, some of them split over two writes.
final class NumberedWriter {
    private(set) var written = 0
    private let file: FileHandle
    private let linesPerBurst: Int

    init(path: String, linesPerBurst: Int) throws {
        try Data().write(to: URL(filePath: path))
        file = try FileHandle(forWritingTo: URL(filePath: path))
        self.linesPerBurst = linesPerBurst
    }

    func burst() throws {
        var text = ""
        let now = Date()
        for number in written..<written + linesPerBurst { text += NumberedLines.line(number, time: now) }
        let bytes = Data(text.utf8)
        let half = bytes.count / 2
        try file.write(contentsOf: bytes[..<half])
        try file.write(contentsOf: bytes[half...])
        written += linesPerBurst
    }
}
