import Foundation
import TestSupport
import Testing

@testable import LogAgent

@Suite("the real logrotate")
struct LogrotateTests {
    static let program = ChildProcess.installed("logrotate")

    private func rotate(_ bench: Bench, options: String) async throws {
        let configuration = bench.folder("logrotate.conf")
        let text = "\"\(bench.log("a.log"))\" {\n rotate 40\n su root root\n missingok\n notifempty\n \(options)\n}\n"
        let wanted = geteuid() == 0 ? text : text.replacingOccurrences(of: " su root root\n", with: "")
        try wanted.write(toFile: configuration, atomically: true, encoding: .utf8)
        // It refuses a configuration that others may write.
        chmod(configuration, 0o644)
        chmod(bench.logs, 0o755)
        let ended = try await ChildProcess.run(
            try #require(Self.program), ["--force", "--state", bench.folder("logrotate.state"), configuration])
        #expect(ended.status == 0, "\(ended.errors)")
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
            try Writing.append(Writing.lines(next..<next + 1), to: path)
            // Where the pattern leaves out the rotated names, a file that no look has found before its rotation is nobody's business.
            await bench.idle()
            let writer = Task { [next] in
                for line in next + 1..<next + 100 {
                    // logrotate makes the log anew and takes it ill when somebody else has done so, as no server does.
                    try await Writing.appendWhenThere(Writing.lines(line..<line + 1), to: path)
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
