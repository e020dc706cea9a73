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

    /// A bare loop (zstd) ships 2.5 million lines a CPU-second on the machine that the target is for: `docs/benchmarks.md`.
    private static let targetRatio = 400_000 / 2_500_000.0

    func run() async throws {
        show("## Pipeline: file -> agent -> parse -> filter -> aggregate -> last topic (`flush: os`)\n")
        show("| compressed | bare loop lines per CPU-s | lines per CPU-s | ratio | target |")
        show("|---|---|---|---|---|")
        for isZstdThroughout in [false, true] {
            var bare: [Double] = []
            var rates: [Double] = []
            var ratios: [Double] = []
            for _ in 0..<runs {
                let bareCost = try await workplace.withFolder { folder in
                    Cost.ofBlocking { BareLoop(codec: .zstd).run(source: log.path, target: folder + "/batches") }.cost
                }
                let cost = try await workplace.withFolder { folder in
                    try await ship(into: folder, isZstdThroughout: isZstdThroughout)
                }
                bare.append(Double(log.lines) / bareCost.cpuSeconds)
                rates.append(Double(log.lines) / cost.cpuSeconds)
                ratios.append(bareCost.cpuSeconds / cost.cpuSeconds)
            }
            let cells = [bare.median.text(places: 0), rates.median.text(places: 0), ratios.median.text(places: 3)]
            // The target names no codec. Held against it is what compresses as often as the bare loop does.
            let (topics, target) =
                isZstdThroughout
                ? ("zstd in every topic", "") : ("zstd in the first topic", Self.targetRatio.text(places: 2))
            show("| \(topics) | \(cells.joined(separator: " | ")) | \(target) |")
        }
        show("")
    }

    private func ship(into folder: String, isZstdThroughout: Bool) async throws -> Cost {
        let binder = try await EmbeddedLogBinder.open(directory: folder, settings: EmbeddedSettings(flush: .os))
        let settings = Self.settings(log: log.path, isZstdThroughout: isZstdThroughout)
        let agent = Agent(settings: settings.agent, stream: settings.stream, binders: ["embedded": binder])
        let application = try StreamApplication(settings: settings, binders: ["embedded": binder])
        let cost = try await Cost.of {
            try await withThrowingTaskGroup { group in
                group.addTask { try await agent.run() }
                group.addTask { try await application.run() }
                await agent.waitUntilIdle()
                // Not `waitUntilIdle`: it waits, as long as the lateness lasts, until the last windows have closed as well.
                while !isDone(application.status) { try await Task.sleep(for: .milliseconds(20)) }
                await agent.shutdown()
                await application.shutdown()
                try await group.waitForAll()
            }
        }.cost
        precondition(application.status["per-second"]?.deadLetters == 0, "not every served hit was counted")
        try await binder.close()
        return cost
    }

    /// Whether every line was parsed or dead-lettered, every hit looked at, and every served hit counted.
    private func isDone(_ status: ApplicationStatus) -> Bool {
        guard let parse = status["parse"], let served = status["served"] else { return false }
        return parse.recordsOut + parse.deadLetters == log.lines && served.recordsIn == parse.recordsOut
            && status["per-second"]?.recordsIn == served.recordsOut
    }

    /// Three stages in a row: every line is parsed, every hit is looked at by the filter, what it lets through is counted.
    private static func settings(log: String, isZstdThroughout: Bool) -> SluiceSettings {
        let zstd = ProducerSettings(partitionCount: 6, compressionType: "zstd")
        let inner = ProducerSettings(partitionCount: 6, compressionType: isZstdThroughout ? "zstd" : "none")
        let bindings = [
            BindingSettings(name: "access-out-0", destinations: ["nginx.access"], producer: zstd),
            BindingSettings(name: "parse-in-0", destinations: ["nginx.access"], group: "parse"),
            BindingSettings(name: "parse-out-0", destinations: ["nginx.hits"], producer: inner),
            BindingSettings(name: "served-in-0", destinations: ["nginx.hits"], group: "served"),
            BindingSettings(name: "served-out-0", destinations: ["nginx.served"], producer: inner),
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
                        window: .seconds(1), allowedLateness: .seconds(120),
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
