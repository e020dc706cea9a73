import Foundation
import TestSupport
import Testing

/// `sluice up` and `sluice demo`, to which Kafka's clients come while they work.
@Suite("up and demo serve Kafka's clients", .timeLimit(.minutes(10)))
struct ServingTests {
    private static let kcat = ChildProcess.installed("kcat")

    @Test(
        "kcat writes a line to what stages read, reads what they made of it, and keeps nobody from stopping",
        .enabled(if: kcat != nil, "no kcat: run make test"))
    func up() async throws {
        let kcat = try #require(Self.kcat)
        let address = "127.0.0.1:\(try freePorts(1)[0])"
        let pipeline = try Pipeline(listen: address)
        let sluice = try Program(Program.sluice, pipeline.up())
        try await eventually("it serves") {
            guard sluice.isRunning else { throw TimedOut(description: sluice.errors) }
            return sluice.errors.contains("Kafka's clients are served at \(address)")
        }
        let input = try pipeline.folder.write("line", NumberedLines.line(4711, time: Date()))
        let written = try await Program.run(kcat, ["-b", address, "-P", "-t", "nginx.access"], input: input)
        #expect(written.status == 0, "\(written.errors)")
        let reader = try Program(kcat, ["-b", address, "-C", "-t", "nginx.hits", "-o", "beginning", "-u"])
        try await eventually("the hit is read") { reader.output.contains("/n/4711") }
        // As wide as the pipeline wants it, though a client may have asked for it first.
        let topics = try await Program.run(kcat, ["-b", address, "-L", "-t", "nginx.access"])
        #expect(topics.output.contains(#"topic "nginx.access" with 6 partitions"#), "\(topics.output)")
        // What the agent keeps there decides what is shipped again.
        for arguments in [
            ["topics", "delete", "__agent_state"], ["topics", "alter", "__agent_state", "--partitions", "2"],
            ["configs", "alter", "--topic", "__agent_state", "--config", "cleanup.policy=delete"],
        ] {
            let refused = try await Program.run(Program.sluice, arguments + ["-b", address])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("TOPIC_EXCEPTION"), "\(refused.errors)")
        }
        let state = try await Program.run(
            kcat, ["-b", address, "-P", "-t", "__agent_state", "-X", "message.timeout.ms=5000"], input: input)
        #expect(state.errors.contains("Invalid topic"), "\(state.errors)")
        sluice.signal(SIGTERM)
        let stopped = await sluice.wait()
        #expect(stopped.status == 0, "\(stopped.errors)")
        reader.signal(SIGKILL)
        await reader.wait()
    }

    @Test("an address that was chosen and is taken ends it in one line; the usual one does not")
    func taken() async throws {
        let folder = try TemporaryFolder()
        // Whoever has the usual port, it is taken.
        let holder = try? await RunningBroker(folder, address: "127.0.0.1:9092")
        let pipeline = try Pipeline(listen: "127.0.0.1:9092")
        let refused = try await Program.run(Program.sluice, pipeline.up("--until-idle"))
        #expect(refused.status == 1)
        #expect(
            refused.errors
                == "sluice: cannot listen on 127.0.0.1:9092: Address already in use; stop what listens there, or choose another with --listen\n"
        )
        let off = try await Program.run(Program.sluice, pipeline.up("--until-idle", "--listen", "none"))
        #expect(off.status == 0, "\(off.errors)")

        let unsaid = try await Program.run(
            Program.sluice, ["demo", "--duration", "1s", "--rate", "100", "--data-dir", folder("demo")])
        #expect(unsaid.status == 0, "\(unsaid.errors)")
        #expect(unsaid.errors.contains("Kafka's clients are not served: choose another address with --listen, or none"))
        if let holder { #expect(await holder.stop() == 0) }
    }

    @Test("kcat looks on while the demo runs", .enabled(if: kcat != nil, "no kcat: run make test"))
    func demo() async throws {
        let address = "127.0.0.1:\(try freePorts(1)[0])"
        let demo = try Program(Program.sluice, ["demo", "--duration", "60s", "--rate", "1000", "--listen", address])
        try await eventually("it serves") { demo.errors.contains("Kafka's clients are served at \(address)") }
        let hits = try await Program.run(
            try #require(Self.kcat), ["-b", address, "-C", "-t", "nginx.hits", "-o", "beginning", "-c", "100"])
        #expect(hits.status == 0, "\(hits.errors)")
        #expect(hits.output.split(separator: "\n").count == 100)
        #expect(hits.output.hasPrefix("{"), "\(hits.output.prefix(300))")
        demo.signal(SIGINT)
        let ended = await demo.wait()
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.output.contains("missing 0, duplicate 0"), "\(ended.output)")
    }

    @Test("every address of the machine is refused unless one is said that clients can be sent to")
    func wildcard() async throws {
        let pipeline = try Pipeline(listen: "0.0.0.0:0")
        let refused = try await Program.run(Program.sluice, pipeline.up("--until-idle"))
        #expect(refused.status == 1)
        #expect(
            refused.errors.contains(
                "pipeline.yaml:6:38: 'listen' takes every address; say with 'advertise' which of them clients use"),
            "\(refused.errors)")
        let served = try await Program.run(
            Program.sluice, pipeline.up("--until-idle", "--set", "stream.embedded.binder.advertise=127.0.0.1"))
        #expect(served.status == 0, "\(served.errors)")
        #expect(served.errors.contains("whoever reaches 0.0.0.0 can read, write and delete everything here"))
    }
}
