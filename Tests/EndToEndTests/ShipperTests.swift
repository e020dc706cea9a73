import Foundation
import TestSupport
import Testing

/// Log shippers that were not written for Sluice deliver the log of a real nginx to `sluice broker`.
@Suite("other shippers", .timeLimit(.minutes(10)))
struct ShipperTests {
    private static let programs = ["nginx", "wrk", "kcat"].map(Program.installed)

    @Test(
        "every line that nginx writes is in the topic once, byte for byte",
        .enabled(if: programs.allSatisfy { $0 != nil }, "needs nginx, wrk and kcat: make test installs them"),
        arguments: Shipper.allCases)
    func complete(shipper: Shipper) async throws {
        let programs = try Self.programs.map { try #require($0) }
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let nginx = try await RunningNginx(programs[0], folder: folder)
        defer { nginx.stop() }
        guard let shipping = try shipper.start(nginx, topic: "nginx", broker: broker.address, folder) else {
            try Test.cancel("\(shipper) is not unpacked: make test does it")
        }
        let traffic = try await Program.run(programs[1], try nginx.numberedRequests(seconds: 3))
        #expect(traffic.status == 0, "\(traffic.errors)")
        await nginx.finish()

        let written = try String(contentsOfFile: nginx.log, encoding: .utf8).split(separator: "\n").sorted()
        #expect(written.count > 1000, "wrk made too few lines to prove anything")
        let reader = try Program(
            programs[2], ["-b", broker.address, "-C", "-t", "nginx", "-o", "beginning", "-u", "-q"])
        try await eventually("\(written.count) lines are in the topic", every: .milliseconds(200)) {
            if !shipping.isRunning {
                let ended = await shipping.wait()
                guard ended.status == 0 else { throw TimedOut(description: "\(shipper) ended: \(ended.errors)") }
            }
            return reader.output.utf8.count { $0 == UInt8(ascii: "\n") } >= written.count
        }
        shipping.signal(SIGTERM)
        await shipping.wait()
        reader.signal(SIGTERM)
        // What the shipper still had to say when it ended would be too much.
        let read = try await Program.run(
            programs[2], ["-b", broker.address, "-C", "-t", "nginx", "-o", "beginning", "-e", "-q"])
        let delivered = read.output.split(separator: "\n").sorted()
        #expect(delivered.count == written.count)
        #expect(delivered == written, "other lines than nginx wrote")
        let end = try await Program.run(programs[2], ["-b", broker.address, "-Q", "-t", "nginx:0:-1"])
        let offset = end.output.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? -1
        // The markers at the ends of transactions have offsets too.
        #expect(shipper == .syslogNGInTransactions ? offset > written.count : offset == written.count, "\(end.output)")
        #expect(await broker.stop() == 0)
    }
}

/// A program that follows a file and writes its lines to a topic.
enum Shipper: CaseIterable, CustomTestStringConvertible {
    case rsyslog
    case syslogNG
    case syslogNGInTransactions
    case kcat

    var testDescription: String {
        switch self {
        case .rsyslog: "rsyslog with omkafka"
        case .syslogNG: "syslog-ng's kafka destination"
        case .syslogNGInTransactions: "syslog-ng's kafka destination with transactions"
        case .kcat: "tail and kcat"
        }
    }

    /// Starts it in the foreground with a configuration of its own; nil where it is not there.
    func start(_ nginx: RunningNginx, topic: String, broker: String, _ folder: TemporaryFolder) throws -> Program? {
        switch self {
        case .rsyslog: try startRsyslog(nginx.log, topic, broker, folder)
        case .syslogNG: try startSyslogNG(nginx.log, topic, broker, folder, inTransactions: false)
        case .syslogNGInTransactions: try startSyslogNG(nginx.log, topic, broker, folder, inTransactions: true)
        case .kcat: try startKcat(nginx, topic, broker)
        }
    }

    private func startRsyslog(_ log: String, _ topic: String, _ broker: String, _ folder: TemporaryFolder) throws
        -> Program?
    {
        guard let rsyslog = UnpackedProgram("rsyslogd", in: "rsyslog"), let modules = rsyslog.folder(of: "omkafka.so")
        else { return nil }
        let configuration = try folder.write(
            "rsyslog/rsyslog.conf",
            """
            global(workDirectory="\(folder.path)/rsyslog")
            module(load="imfile")
            module(load="omkafka")
            template(name="line" type="string" string="%msg%")
            input(type="imfile" file="\(log)" tag="nginx" ruleset="ship" freshStartTail="off")
            ruleset(name="ship") {
                action(type="omkafka" broker=["\(broker)"] topic="\(topic)" template="line" confParam=["acks=all"]
                       action.resumeRetryCount="-1")
            }

            """)
        return try rsyslog.start(["-n", "-f", configuration, "-i", folder("rsyslog/pid"), "-M", modules])
    }

    private func startSyslogNG(
        _ log: String, _ topic: String, _ broker: String, _ folder: TemporaryFolder, inTransactions: Bool
    ) throws -> Program? {
        guard let syslogNG = UnpackedProgram("syslog-ng", in: "syslog-ng"),
            let modules = syslogNG.folder(of: "libkafka.so")
        else { return nil }
        let version = (modules as NSString).lastPathComponent
        // With sync-send each of its batches is a transaction.
        let sending =
            inTransactions
            ? "sync-send(yes) batch-lines(100) batch-timeout(100) config(transactional.id(\"\(topic)\"))"
            : "config(acks(\"all\"))"
        let configuration = try folder.write(
            "syslog-ng/syslog-ng.conf",
            """
            @version: \(version)
            options { use-dns(no); dns-cache(no); stats-freq(0); };
            source nginx { file("\(log)" follow-freq(0.1) flags(no-parse) read-old-records(yes)); };
            destination topic {
                kafka-c(bootstrap-servers("\(broker)") topic("\(topic)") message("${MESSAGE}") \(sending));
            };
            log { source(nginx); destination(topic); };

            """)
        return try syslogNG.start([
            "--foreground", "--no-caps", "--cfgfile", configuration, "--module-path", modules,
            "--persist-file", folder("syslog-ng/persist"), "--pidfile", folder("syslog-ng/pid"),
            "--control", folder("syslog-ng/control"),
        ])
    }

    private func startKcat(_ nginx: RunningNginx, _ topic: String, _ broker: String) throws -> Program? {
        guard let kcat = Program.installed("kcat") else { return nil }
        // It reads in blocks and keeps the last lines to itself until its input ends: tail ends it when nginx has ended.
        let command = """
            exec "$1" -P -b "$2" -t "$3" -X acks=all < <(exec tail --pid="$5" -n +1 -F "$4" 2>/dev/null)
            """
        return try Program(
            "/bin/bash", ["-c", command, "bash", kcat, broker, topic, nginx.log, "\(nginx.process.pid)"])
    }
}
