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
        let port = try freePorts(1)[0]
        let nginx = try startNginx(programs[0], folder: folder, port: port)
        // Its worker would outlive a master that is killed.
        defer { nginx.signal(SIGTERM) }
        let sluice = try Program(Program.sluice, pipeline.up())
        try await eventually("nginx answers") {
            let probe = try await Program.run("/bin/bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"])
            return probe.status == 0
        }

        // Each thread numbers its own requests; a part of them is malformed on purpose and logged by nginx all the same.
        try folder.write(
            "numbered.lua",
            """
            local threads = 0
            function setup(thread) thread:set("id", threads); threads = threads + 1 end
            local n = 0
            function delay() return 1 end
            function request()
                n = n + 1
                if n % 97 == 0 then return "GET \\"quoted\\\\path " .. id .. "x" .. n .. "\\r\\n\\r\\n" end
                return wrk.format("GET", "/t" .. id .. "/n" .. n)
            end
            """)
        try folder.write(
            "logrotate.conf",
            """
            \(pipeline.log) {
                rotate 100
                nocompress
                create 0644 root root
                postrotate
                    kill -USR1 \(nginx.pid)
                endscript
            }
            """)
        let wrk = try Program(
            programs[1], ["-t2", "-c4", "-d300s", "-s", folder("numbered.lua"), "http://127.0.0.1:\(port)/"])
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
        nginx.signal(SIGQUIT)
        _ = await nginx.wait()
        sluice.signal(SIGTERM)
        let stopped = await sluice.wait()
        #expect(stopped.status == 0, "\(stopped.errors)")
        let finished = try await pipeline.finish()
        #expect(finished.status == 0, "\(finished.errors)")

        try await expectEachLineOnce(pipeline)
    }

    private func startNginx(_ executable: String, folder: TemporaryFolder, port: UInt16) throws -> Program {
        let configuration = try folder.write(
            "nginx.conf",
            """
            daemon off;
            \(geteuid() == 0 ? "user root;" : "")
            pid \(folder.path)/nginx.pid;
            error_log \(folder.path)/error.log;
            events { worker_connections 256; }
            http {
                access_log \(folder.path)/access.log combined;
                client_body_temp_path \(folder.path)/body;
                proxy_temp_path \(folder.path)/proxy;
                fastcgi_temp_path \(folder.path)/fastcgi;
                uwsgi_temp_path \(folder.path)/uwsgi;
                scgi_temp_path \(folder.path)/scgi;
                server {
                    listen 127.0.0.1:\(port);
                    location / { return 200 "ok"; }
                }
            }
            """)
        return try Program(executable, ["-p", folder.path, "-e", folder("error.log"), "-c", configuration])
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
