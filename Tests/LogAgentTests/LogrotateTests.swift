import Foundation
import Testing

@testable import LogAgent

@Suite("the real logrotate")
struct LogrotateTests {
    static let program = ["/usr/sbin/logrotate", "/usr/bin/logrotate"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private func rotate(_ bench: Bench, options: String) async throws {
        let configuration = bench.folder("logrotate.conf")
        let text = "\"\(bench.log("a.log"))\" {\n rotate 40\n su root root\n missingok\n notifempty\n \(options)\n}\n"
        let wanted = geteuid() == 0 ? text : text.replacingOccurrences(of: " su root root\n", with: "")
        try wanted.write(toFile: configuration, atomically: true, encoding: .utf8)
        // It refuses a configuration that others may write.
        chmod(configuration, 0o644)
        chmod(bench.logs, 0o755)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.program))
        process.arguments = ["--force", "--state", bench.folder("logrotate.state"), configuration]
        try process.run()
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                process.waitUntilExit()
                continuation.resume()
            }
        }
        #expect(process.terminationStatus == 0)
    }

    @Test(
        "no line is lost or doubled over ten rotations of a log that is being written",
        .enabled(if: LogrotateTests.program != nil, "logrotate is not installed"),
        arguments: ["create", "create\n dateext\n dateformat -%Y%m%d-%s", "copytruncate"], ["a.log", "a.log*"])
    func rotations(options: String, pattern: String) async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        try Writing.append(Writing.lines(0..<10), to: path)
        bench.start(bench.input(pattern))
        await bench.idle()
        // Between a copy and its truncation lines are lost by design: copytruncate gets a writer that pauses meanwhile.
        let isPaused = options == "copytruncate"
        var next = 10
        for _ in 0..<10 {
            let writer = Task { [next] in
                for line in next..<next + 100 {
                    try Writing.append(Writing.lines(line..<line + 1), to: path)
                    if line.isMultiple(of: 10) { try await Task.sleep(for: .milliseconds(1)) }
                }
            }
            if isPaused { try await writer.value }
            // A date to the second tells two rotations apart only if a second lies between them.
            if options.contains("dateext") { try await Task.sleep(for: .milliseconds(1_010)) }
            try await rotate(bench, options: options)
            try await writer.value
            next += 100
        }
        await bench.idle()
        try await bench.expectExactly(0..<next)
        #expect(try bench.status.gaps == 0)
        try await bench.end()
    }
}
