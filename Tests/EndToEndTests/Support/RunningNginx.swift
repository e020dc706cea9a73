import Foundation
import TestSupport

/// A real nginx that answers every request and logs it in its combined format, in a folder of the test.
struct RunningNginx {
    let process: Program
    private let folder: TemporaryFolder
    private let port: UInt16

    /// Where it logs, from its start on.
    var log: String { folder("access.log") }

    /// Starts it, and waits until it answers.
    init(_ executable: String, folder: TemporaryFolder) async throws {
        self.folder = folder
        let port = try freePorts(1)[0]
        self.port = port
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
        process = try Program(executable, ["-p", folder.path, "-e", folder("error.log"), "-c", configuration])
        try await eventually("nginx answers") {
            let probe = try await Program.run("/bin/bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"])
            return probe.status == 0
        }
    }

    /// The arguments of a wrk whose threads number their own requests; a part of them is malformed on purpose and logged by nginx all the same.
    func numberedRequests(seconds: Int) throws -> [String] {
        let script = try folder.write(
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
        return ["-t2", "-c4", "-d\(seconds)s", "-s", script, "http://127.0.0.1:\(port)/"]
    }

    /// Ends it once what it was asked is answered and logged.
    func finish() async {
        process.signal(SIGQUIT)
        await process.wait()
    }

    /// Ends it at once; its worker would outlive a master that is killed.
    func stop() { process.signal(SIGTERM) }
}
