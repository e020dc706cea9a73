import Foundation

/// The greatest resident size of `sluice up --until-idle` while it ships one log, and ten times as much. Target: 64 MiB for both.
struct MemoryBench {
    let log: SampleLog
    let workplace: Workplace

    func run() throws {
        show("## Memory: the agent, zstd, `flush: os`, the whole process\n")
        show("| input | peak RSS MiB | target |")
        show("|---|---|---|")
        for copies in [1, 10] {
            let folder = workplace.path + "/memory-\(copies)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let peak = try peakMemory(in: folder, copies: copies)
            show("| \(copies * log.bytes / 1_000_000) MB | \((Double(peak) / 1024).text(places: 1)) | 64 |")
        }
        show("")
    }

    /// In KiB, as the kernel counted it for the finished process.
    private func peakMemory(in folder: String, copies: Int) throws -> Int {
        let input = folder + "/access.log"
        try Data().write(to: URL(filePath: input))
        let target = try FileHandle(forWritingTo: URL(filePath: input))
        for _ in 0..<copies {
            let source = try FileHandle(forReadingFrom: URL(filePath: log.path))
            while let chunk = try source.read(upToCount: 8 << 20), !chunk.isEmpty {
                try target.write(contentsOf: chunk)
            }
        }
        try target.close()
        let configuration = """
            agent: { inputs: { access: { paths: ["\(input)"] } } }
            stream:
              embedded:
                binder: { flush: os, listen: "127.0.0.1:0" }
                bindings: { access-out: { producer: { compression-type: zstd } } }
              bindings:
                access-out: { destination: nginx.access, producer: { partition-count: 6 } }

            """
        try Data(configuration.utf8).write(to: URL(filePath: folder + "/agent.yaml"))
        let arguments = ["up", "--until-idle", "--config", folder + "/agent.yaml", "--data-dir", folder + "/data"]
        let (status, usage) = try ChildProcess("sluice", arguments).wait()
        guard status == 0 else { throw BenchFailure(description: "sluice ended with status \(status)") }
        return usage.ru_maxrss
    }
}
