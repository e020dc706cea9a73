import ArgumentParser
import Foundation

/// Figures that hold on another machine too: each a ratio against a bare loop of the same run, or per CPU-second.
@main
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-bench",
        abstract: "Measures the agent, the scanner, the pipeline and the memory they take; prints Markdown tables.",
        discussion:
            "CPU time is that of the whole process (getrusage), the median of the runs. See docs/benchmarks.md.",
        subcommands: [BareServer.self]
    )

    /// What can be measured.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case agent
        case scanner
        case pipeline
        case memory
        case ingest
        case durable
        case fetch
        case start
    }

    @Option(help: "What to measure; may be repeated. Default: all.")
    var only: [Part] = []

    @Option(help: "The size of the log that is read, in MB.")
    var megabytes = 1000

    @Option(help: "How often each figure is measured.")
    var runs = 3

    @Option(
        help:
            "The folder for the log and the data: four times the log's size, and room for ten where memory is measured."
    )
    var folder = FileManager.default.temporaryDirectory.path

    func run() async throws {
        let workplace = try Workplace(in: folder)
        defer { workplace.remove() }
        let parts = only.isEmpty ? Part.allCases : only
        if parts.contains(.ingest) { try await IngestBench(runs: runs, workplace: workplace).run() }
        if parts.contains(.durable) { try await DurableBench(runs: runs, workplace: workplace).run() }
        if parts.contains(.fetch) { try await FetchBench(runs: runs, workplace: workplace).run() }
        if parts.contains(.start) { try await StartBench(runs: runs, workplace: workplace).run() }
        guard parts.contains(where: { [.agent, .scanner, .pipeline, .memory].contains($0) }) else { return }
        let log = try SampleLog(at: workplace.path + "/access.log", megabytes: megabytes)
        show("\(log.lines) lines, \(log.bytes) bytes, \(log.bytes / log.lines) bytes a line\n")
        // First: a child's greatest resident size starts from its parent's.
        if parts.contains(.memory) { try MemoryBench(log: log, workplace: workplace).run() }
        if parts.contains(.scanner) { try ScannerBench(log: log, runs: runs).run() }
        if parts.contains(.agent) { try await AgentBench(log: log, runs: runs, workplace: workplace).run() }
        if parts.contains(.pipeline) { try await PipelineBench(log: log, runs: runs, workplace: workplace).run() }
    }
}

/// A folder that goes when the bench ends.
struct Workplace {
    let path: String

    init(in folder: String) throws {
        path = folder + "/sluice-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Runs `body` with an empty folder that goes afterwards.
    func withFolder<T>(_ body: (String) async throws -> T) async throws -> T {
        let folder = path + "/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
