import Foundation
import TestSupport
import Testing

/// What a newcomer types.
@Suite("the command", .timeLimit(.minutes(10)))
struct CommandTests {
    @Test("the demo ships live lines through three stages and its ledger balances")
    func demo() async throws {
        let folder = try TemporaryFolder()
        let demo = try await Program.run(
            Program.sluice,
            ["demo", "--duration", "3s", "--rate", "2000", "--listen", "none", "--data-dir", folder("data")])
        #expect(demo.status == 0, "\(demo.output)\n\(demo.errors)")
        #expect(demo.output.contains("missing 0, duplicate 0"), "\(demo.output)")
        let written = try #require(demo.output.firstMatch(of: /written (\d+)/)?.1)
        #expect((Int(written) ?? 0) > 100)
    }

    @Test("an interrupted demo ships what was written and balances its books")
    func interruptedDemo() async throws {
        let demo = try Program(Program.sluice, ["demo", "--duration", "60s", "--rate", "1000", "--listen", "none"])
        try await eventually("the first summary") { demo.output.contains("read ") }
        demo.signal(SIGINT)
        let ended = await demo.wait()
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.output.contains("missing 0, duplicate 0"), "\(ended.output)")
    }

    @Test("a second process on the same data directory is told who has it")
    func lock() async throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("access.log", NumberedLines.line(0, time: Date()))
        let first = try Program(Program.sluice, pipeline.up())
        try await eventually("the first process works") {
            FileManager.default.fileExists(atPath: pipeline.data + "/nginx.access-0")
        }
        let second = try await Program.run(Program.sluice, pipeline.up())
        #expect(second.status != 0)
        #expect(second.errors.contains("is in use by process \(first.pid)"), "\(second.errors)")
        first.signal(SIGTERM)
        #expect(await first.wait().status == 0)
    }

    @Test(
        "every named format is generated, anew for each seed",
        arguments: [
            "combined", "common", "vhost_combined", "nginx-error", "json",
        ])
    func generate(format: String) async throws {
        let arguments = ["generate", "access-log", "--format", format, "--lines", "500", "--seed", "7"]
        let first = try await Program.run(Program.sluice, arguments)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.split(separator: "\n").count == 500)
        let second = try await Program.run(Program.sluice, Array(arguments.dropLast()) + ["8"])
        #expect(first.output != second.output)
    }

    @Test("a log is listed and dumped while another process writes it")
    func dumpInUse() async throws {
        let pipeline = try Pipeline()
        let writer = try NumberedWriter(path: pipeline.log, linesPerBurst: 100)
        try writer.burst()
        let sluice = try Program(Program.sluice, pipeline.up())
        try await eventually("all lines are parsed") {
            guard FileManager.default.fileExists(atPath: pipeline.data + "/nginx.hits-0") else { return false }
            return try await pipeline.values(of: "nginx.hits").count == 100
        }
        let list = try await Program.run(Program.sluice, ["log", "list", "--data-dir", pipeline.data])
        #expect(list.status == 0, "\(list.errors)")
        #expect(list.output.contains("nginx.hits"))
        let json = try await Program.run(
            Program.sluice, ["log", "dump", "--data-dir", pipeline.data, "--topic", "nginx.access", "--format", "json"])
        #expect(json.output.contains("\"offset\":0"), "\(json.output.prefix(300))")
        sluice.signal(SIGTERM)
        let stopped = await sluice.wait()
        #expect(stopped.status == 0, "\(stopped.errors)")
    }

    @Test(
        "a wrong option is told in one line with the help to read, and is exit code 64",
        arguments: [
            (["up", "--nope"], "Unknown option '--nope'; see 'sluice up --help'"),
            (["bogus"], "Unexpected argument 'bogus'; see 'sluice --help'"),
            (["demo", "--rate", "0"], "--rate is a count above zero; see 'sluice demo --help'"),
            (
                ["broker", "--data-dir", ""],
                "The value '' is invalid for '--data-dir <data-dir>': it is empty; name a folder; see 'sluice broker --help'"
            ),
            (
                ["broker", "--listen", "0.0.0.0:9092"],
                """
                0.0.0.0:9092 is every address of this machine; say with --advertise HOST or stream.embedded.binder.advertise which of \
                them clients use; see 'sluice broker --help'
                """
            ),
            (
                ["consume", "-t", "t", "--count", "-1"],
                "--partition and --count are numbers from 0 on; see 'sluice consume --help'"
            ),
            (
                ["produce", "-t", "t", "--partition", "-1"],
                "--partition is a number from 0 on; see 'sluice produce --help'"
            ),
            (
                ["topics", "list", "--timeout", "abc"],
                """
                The value 'abc' is invalid for '--timeout <timeout>': 'abc' is no time; it is a whole number with ms, s, m or h, \
                such as 500ms, 10s or 2m; see 'sluice topics list --help'
                """
            ),
            (["log", "dump"], "Missing expected argument '--data-dir <data-dir>'; see 'sluice log dump --help'"),
            (
                ["log", "dump", "--format", "yaml"],
                "The value 'yaml' is invalid for '--format <format>'. Please provide one of 'value' and 'json'; see 'sluice log dump --help'"
            ),
            (
                ["up", "--log-level", "3"],
                """
                The value '3' is invalid for '--log-level <log-level>': '3' is no log level; it is one of trace, debug, info, notice, \
                warning, error, critical; see 'sluice up --help'
                """
            ),
        ])
    func wrongOption(arguments: [String], message: String) async throws {
        let result = try await Program.run(Program.sluice, arguments)
        #expect(result.status == 64)
        #expect(result.errors == "sluice: \(message)\n")
        #expect(result.output == "")
    }

    @Test("output that cannot be written is exit code 1 and one line")
    func fullOutput() async throws {
        let pipeline = try Pipeline()
        let broker = try await RunningBroker(pipeline.folder)
        let input = try pipeline.folder.write("input", "one\n")
        let sent = try await Program.run(Program.sluice, ["produce", "-t", "t", "-b", broker.address], input: input)
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(await broker.stop() == 0)
        for command in [
            "log list --data-dir \(pipeline.data)", "log dump --data-dir \(pipeline.data)",
            "check \(pipeline.configuration)",
            "generate access-log --lines 3",
        ] {
            let full = try await Program.run("/bin/sh", ["-c", "exec \(Program.sluice) \(command) >/dev/full"])
            #expect(full.status == 1, "\(command)")
            #expect(full.errors == "sluice: cannot write to standard output: No space left on device\n", "\(command)")
        }
    }

    @Test(
        "an address that cannot be listened on is told with what to do",
        arguments: [
            (
                "192.0.2.1:0",
                "cannot listen on 192.0.2.1:0: Cannot assign requested address; name an address of this machine with --listen"
            ),
            (
                "no.such.invalid:0",
                "cannot listen on no.such.invalid:0: no such host; name an address of this machine with --listen"
            ),
        ])
    func cannotListen(address: String, message: String) async throws {
        let folder = try TemporaryFolder()
        let broker = try await Program.run(
            Program.sluice, ["broker", "--listen", address, "--data-dir", folder("data")])
        #expect(broker.status == 1)
        #expect(broker.errors == "sluice: \(message)\n")
    }

    @Test("up says that a pattern matches nothing yet, and that nothing is declared")
    func nothingToDo() async throws {
        let pipeline = try Pipeline(paths: "*.nothing")
        let up = try await Program.run(Program.sluice, pipeline.up("--until-idle"))
        #expect(up.status == 0, "\(up.errors)")
        #expect(
            up.errors.contains("input 'access': no file matches \(pipeline.folder.path)/*.nothing yet\n"),
            "\(up.errors)")
        let empty = try pipeline.folder.write("empty.yaml", "stream: {}\n")
        let idle = try await Program.run(
            Program.sluice,
            ["up", "--config", empty, "--data-dir", pipeline.folder("data-2"), "--listen", "none", "--until-idle"])
        #expect(idle.status == 0, "\(idle.errors)")
        #expect(idle.errors.contains("declares neither an input nor a stage"), "\(idle.errors)")
    }

    @Test("help names every command and option")
    func help() async throws {
        for (command, words) in [
            ([], ["up", "check", "log", "generate", "demo"]),
            (["up"], ["--config", "--set", "--profile", "--data-dir", "--listen", "--until-idle", "--log-level"]),
            (["log", "dump"], ["--topic", "--partition", "--from", "--format"]),
            (["generate", "access-log"], ["--format", "--rate", "--lines", "--seed"]),
            (["demo"], ["--duration", "--rate", "--data-dir", "--listen"]),
        ] as [([String], [String])] {
            let help = try await Program.run(Program.sluice, command + ["--help"])
            #expect(help.status == 0)
            for word in words { #expect(help.output.contains(word), "\(command) --help does not name \(word)") }
        }
    }
}
