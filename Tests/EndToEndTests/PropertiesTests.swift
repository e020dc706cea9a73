import Foundation
import TestSupport
import Testing

/// `sluice broker --properties FILE`.
@Suite("a server.properties", .timeLimit(.minutes(5)))
struct PropertiesTests {
    private static let kcat = ChildProcess.installed("kcat")

    @Test(
        "a broker does what its file says, and the command line wins",
        .enabled(if: kcat != nil, "no kcat: run make test"))
    func obeyed() async throws {
        let kcat = try #require(Self.kcat)
        let folder = try TemporaryFolder()
        let ports = try freePorts(2)
        let properties = try folder.write(
            "server.properties",
            """
            listeners=PLAINTEXT://127.0.0.1:\(ports[0])
            advertised.listeners=PLAINTEXT://127.0.0.1:\(ports[0])
            log.dirs=\(folder("from-file"))
            num.partitions=3
            broker.id=5
            zookeeper.connect=localhost:2181
            """)
        for (options, port, data) in [
            ([], ports[0], "from-file"),
            (["--listen", "127.0.0.1:\(ports[1])", "--data-dir", folder("from-option")], ports[1], "from-option"),
        ] {
            let broker = try Program(Program.sluice, ["broker", "--properties", properties] + options)
            try await eventually("the broker is ready") {
                guard broker.isRunning else { throw TimedOut(description: broker.errors) }
                return broker.errors.contains("clients are served at 127.0.0.1:\(port)")
            }
            #expect(broker.errors.contains("\(properties):6:1: warning: 'zookeeper.connect' has no effect"))
            let topics = try await Program.run(kcat, ["-b", "127.0.0.1:\(port)", "-L", "-t", "wide"])
            #expect(topics.status == 0, "\(topics.errors)")
            #expect(topics.output.contains("broker 5 at 127.0.0.1:\(port)"), "\(topics.output)")
            try await eventually("the topic is made with three partitions") {
                FileManager.default.fileExists(atPath: folder(data) + "/wide-2")
            }
            broker.signal(SIGTERM)
            #expect(await broker.wait().status == 0)
        }
    }

    @Test("a mistake ends it before anything starts")
    func mistake() async throws {
        let folder = try TemporaryFolder()
        let properties = try folder.write(
            "server.properties", "log.dirs=\(folder("data"))\nlog.retention.hour=5\nnum.partitions=-1\n")
        let broker = try await Program.run(Program.sluice, ["broker", "--properties", properties])
        #expect(broker.status == 1)
        #expect(
            broker.errors == """
                \(properties):2:1: unknown key 'log.retention.hour'; did you mean 'log.retention.hours'?
                \(properties):3:16: 'num.partitions' is '-1'; it must be a whole number from 1 to 10000

                """)
        #expect(!FileManager.default.fileExists(atPath: folder("data")))
    }
}
