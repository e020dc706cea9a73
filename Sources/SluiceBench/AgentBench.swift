import BinderKit
import Compression
import EmbeddedBinder
import Foundation
import LogAgent
import Settings

/// The agent on a whole file, against the bare loop that does the same work on the same file. Target: 0.8 of it.
struct AgentBench {
    let log: SampleLog
    let runs: Int
    let workplace: Workplace

    func run() async throws {
        show("## Agent: file -> framed -> batches -> compressed -> appended (`flush: os`)\n")
        show("| codec | bare loop MB per CPU-s | agent MB per CPU-s | ratio | target |")
        show("|---|---|---|---|---|")
        for codec in [CompressionType.none, .lz4, .zstd, .gzip] {
            var bare: [Double] = []
            var agent: [Double] = []
            var ratios: [Double] = []
            for _ in 0..<runs {
                let bareRate = try await workplace.withFolder { folder in
                    let (lines, cost) = Cost.ofBlocking {
                        BareLoop(codec: codec).run(source: log.path, target: folder + "/batches")
                    }
                    precondition(lines == log.lines, "the bare loop framed \(lines) of \(log.lines) lines")
                    return rate(cost)
                }
                let agentRate = try await workplace.withFolder { rate(try await ship(codec, into: $0)) }
                bare.append(bareRate)
                agent.append(agentRate)
                ratios.append(agentRate / bareRate)
            }
            let cells = [bare.median.text(places: 0), agent.median.text(places: 0), ratios.median.text(places: 2)]
            show("| \(codec.name) | \(cells.joined(separator: " | ")) | 0.80 |")
        }
        show("")
    }

    private func rate(_ cost: Cost) -> Double { Double(log.bytes) / 1e6 / cost.cpuSeconds }

    private func ship(_ codec: CompressionType, into folder: String) async throws -> Cost {
        let binder = try await EmbeddedLogBinder.open(directory: folder, settings: EmbeddedSettings(flush: .os))
        let output = BindingSettings(
            name: "access-out-0", destinations: ["nginx.access"],
            producer: ProducerSettings(partitionCount: 6, compressionType: codec.name))
        let agent = Agent(
            settings: AgentSettings(inputs: [FileInputSettings(name: "access", paths: [log.path])]),
            stream: StreamSettings(bindings: [output.name: output]), binders: ["embedded": binder])
        let cost = try await Cost.of {
            try await withThrowingTaskGroup { group in
                group.addTask { try await agent.run() }
                await agent.waitUntilIdle()
                await agent.shutdown()
                try await group.waitForAll()
            }
        }.cost
        let committed = agent.status.inputs.reduce(0) { $0 + Int($1.linesCommitted) }
        precondition(committed == log.lines, "the agent committed \(committed) of \(log.lines) lines")
        try await binder.close()
        return cost
    }
}
