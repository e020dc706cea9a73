import Foundation
import TestSupport
import Testing

/// The real nginx under the real wrk while the real logrotate rotates.
@Suite("nginx, wrk and logrotate", .timeLimit(.minutes(10)))
struct NginxTests {
    static let programs = ["nginx", "wrk", "logrotate"].map(Program.installed)
    static let rotations = 5

    @Test(
        "every line of a rotated nginx log is in nginx.hits or in the dead letters exactly once",
        .enabled(if: programs.allSatisfy { $0 != nil }, "needs nginx, wrk and logrotate: make test installs them"))
    func everyLineOnce() async throws {
        let programs = try Self.programs.map { try #require($0) }
        let pipeline = try Pipeline(paths: "access.log*")
        let folder = pipeline.folder
        let nginx = try await RunningNginx(programs[0], folder: folder)
        defer { nginx.stop() }
        let sluice = try Program(Program.sluice, pipeline.up())
        try folder.write(
            "logrotate.conf",
            """
            \(pipeline.log) {
                rotate 100
                nocompress
                create 0644 root root
                postrotate
                    kill -USR1 \(nginx.process.pid)
                endscript
            }
            """)
        let wrk = try Program(programs[1], try nginx.numberedRequests(seconds: 300))
        for rotation in 1...Self.rotations {
            try await eventually("nginx writes into a new log before rotation \(rotation)") {
                let size = try FileManager.default.attributesOfItem(atPath: pipeline.log)[.size] as? Int
                return (size ?? 0) > 50_000
            }
            let rotated = try await Program.run(
                programs[2], ["--force", "--state", folder("logrotate.state"), folder("logrotate.conf")])
            #expect(rotated.status == 0, "\(rotated.errors)")
        }
        // What nginx has logged by then is what counts.
        wrk.signal(SIGINT)
        _ = await wrk.wait()
        await nginx.finish()
        sluice.signal(SIGTERM)
        let stopped = await sluice.wait()
        #expect(stopped.status == 0, "\(stopped.errors)")
        let finished = try await pipeline.finish()
        #expect(finished.status == 0, "\(finished.errors)")

        try await expectEachLineOnce(pipeline)
    }

    /// Compares the lines of all generations of the log with what arrived, as multisets.
    private func expectEachLineOnce(_ pipeline: Pipeline) async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: pipeline.folder.path)
            .filter { $0.hasPrefix("access.log") }
        #expect(names.count == Self.rotations + 1)
        var written: [Substring: Int] = [:]
        for name in names {
            let text = String(decoding: try Data(contentsOf: URL(filePath: pipeline.folder(name))), as: UTF8.self)
            for line in text.split(separator: "\n") { written[line, default: 0] += 1 }
        }
        var shipped: [Substring: Int] = [:]
        for line in try await pipeline.values(of: "nginx.access") { shipped[line, default: 0] += 1 }
        #expect(written.values.reduce(0, +) > 1000, "wrk made too few lines to prove anything")
        #expect(shipped == written, "the lines in nginx.access are not those in the files")

        let hits = try await pipeline.values(of: "nginx.hits").count
        var dead: [Substring: Int] = [:]
        for line in try await pipeline.values(of: "error.nginx.access.parse") { dead[line, default: 0] += 1 }
        #expect(hits + dead.values.reduce(0, +) == written.values.reduce(0, +))
        #expect(dead.allSatisfy { $0.value <= written[$0.key, default: 0] }, "a dead letter that nginx did not write")
        var uris: [Substring: Int] = [:]
        for hit in try await pipeline.values(of: "nginx.hits") {
            if let uri = hit.firstMatch(of: /"uri":"(\/t\d\/n\d+)"/)?.1 { uris[uri, default: 0] += 1 }
        }
        var sent: [Substring: Int] = [:]
        for (line, count) in written {
            if let uri = line.firstMatch(of: /"GET (\/t\d\/n\d+) HTTP/)?.1 { sent[uri, default: 0] += count }
        }
        #expect(uris == sent, "the requests in nginx.hits are not those nginx logged")
    }
}
