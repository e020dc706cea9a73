import BinderKit
import EmbeddedBinder
import Foundation
import LogAgent
import Settings
import Streams

/// The agent and three chained stages, from the file to the last topic. Target: 400,000 lines a CPU-second in all.
struct PipelineBench {
    let log: SampleLog
    let runs: Int
    let workplace: Workplace

    func run() async throws {
        var rates: [Double] = []
        for _ in 0..<runs {
            let cost = try await workplace.withFolder { try await ship(into: $0) }
            rates.append(Double(log.lines) / cost.cpuSeconds)
        }
        show("## Pipeline: file -> agent -> parse -> filter -> aggregate -> last topic (`flush: os`, zstd)\n")
        show("| | lines per CPU-s | target |")
        show("|---|---|---|")
        show("| agent and three stages | \(rates.median.rounded(to: 0)) | 400000 |\n")
    }

    private func ship(into folder: String) async throws -> Cost {
        let binder = try await EmbeddedLogBinder.open(directory: folder, settings: EmbeddedSettings(flush: .os))
        let settings = Self.settings(log: log.path)
        let agent = LogAgent(settings: settings.agent, stream: settings.stream, binders: ["embedded": binder])
        let application = try StreamApplication(settings: settings, binders: ["embedded": binder])
        let cost = try await Cost.of {
            try await withThrowingTaskGroup { group in
                group.addTask { try await agent.run() }
                group.addTask { try await application.run() }
                await agent.waitUntilIdle()
                await application.waitUntilIdle()
                await agent.shutdown()
                await application.shutdown()
                try await group.waitForAll()
            }
        }.cost
        let parse = application.status["parse"]
        let done = parse.map { $0.recordsOut + $0.deadLetters }
        precondition(done == log.lines, "not every line was parsed or dead-lettered")
        precondition(application.status["served"]?.recordsIn == parse?.recordsOut, "not every hit was looked at")
        let served = application.status["served"]?.recordsOut
        let counted = application.status["per-second"]
        precondition(counted?.recordsIn == served && counted?.deadLetters == 0, "not every served hit was counted")
        try await binder.close()
        return cost
    }

    /// Three stages in a row: every line is parsed, every hit is looked at by the filter, what it lets through is counted.
    private static func settings(log: String) -> SluiceSettings {
        let zstd = ProducerSettings(partitionCount: 6, compressionType: "zstd")
        let bindings = [
            BindingSettings(name: "access-out-0", destinations: ["nginx.access"], producer: zstd),
            BindingSettings(name: "parse-in-0", destinations: ["nginx.access"], group: "parse"),
            BindingSettings(name: "parse-out-0", destinations: ["nginx.hits"], producer: zstd),
            BindingSettings(name: "served-in-0", destinations: ["nginx.hits"], group: "served"),
            BindingSettings(name: "served-out-0", destinations: ["nginx.served"], producer: zstd),
            BindingSettings(name: "per-second-in-0", destinations: ["nginx.served"], group: "per-second"),
            BindingSettings(name: "per-second-out-0", destinations: ["nginx.per-second"]),
        ]
        let stages = [
            StageSettings(name: "parse", kind: .accessLog(AccessLogOptions(format: SourceText("combined")))),
            StageSettings(name: "served", kind: .filter(where: SourceText("status < 400"))),
            StageSettings(
                name: "per-second",
                kind: .aggregate(
                    AggregateOptions(
                        window: .seconds(1), allowedLateness: .seconds(20),
                        groupBy: [.init(name: "status", expression: SourceText("status"))],
                        measures: [
                            .init(name: "hits", function: .count),
                            .init(name: "bytes", function: .sum, of: SourceText("body_bytes_sent")),
                        ]))),
        ]
        return SluiceSettings(
            agent: AgentSettings(inputs: [FileInputSettings(name: "access", paths: [log])]),
            stream: StreamSettings(
                bindings: Dictionary(uniqueKeysWithValues: bindings.map { ($0.name, $0) }), stages: stages))
    }
}
