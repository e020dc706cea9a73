import ArgumentParser
import Foundation
import Settings

/// `sluice demo`: the whole pipeline on live traffic, and its books at the end.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Ships a live access log through three stages, shows it happening, and balances the books at the end.",
        discussion: """
            generator -> DIR/demo/access.log -> agent -> nginx.access (6 partitions) -> parse -> nginx.hits
            nginx.hits -> errors -> nginx.errors
            nginx.hits -> per-second -> nginx.per-second

            Exit code 0 only if the ledger balances: written = read = committed = parsed + dead-lettered, missing 0, duplicate 0; else 2.
            """)

    @Option(help: "How long the traffic lasts, such as 5m. Default: 30s.", transform: DurationArgument.init(parsing:))
    var duration = DurationArgument(seconds: 30)

    @Option(parsing: .unconditional, help: "Lines a second.")
    var rate = 5000

    @Option(
        name: .customLong("data-dir"), help: "The folder of the log, kept afterwards; without it a temporary one.",
        transform: DataDirectoryArgument.parse)
    var dataDirectory: String?

    @Option(
        help: "Where Kafka's clients may look on, HOST:PORT or none. Default: 127.0.0.1:9092, unless it is taken.",
        transform: KafkaListener.init(argument:))
    var listen: KafkaListener = .usual

    @OptionGroup var logging: LogLevelOption

    func validate() throws {
        guard rate > 0 else { throw ValidationError("--rate is a count above zero") }
    }

    func run() async throws {
        try await reportingFailures {
            // On a terminal the table shows the last errors; lines between would tear it.
            LineLogHandler.bootstrap(level: LiveView.isOnTerminal ? max(logging.level, .error) : logging.level)
            let folder = try DemoFolder(kept: dataDirectory)
            let ledger = try await ship(in: folder)
            try StandardOutput.write(line: ledger.description)
            guard ledger.isBalanced else {
                throw CommandFailure(
                    "the ledger does not balance; please report it, with the folder \(folder.path)", code: 2)
            }
            folder.removeIfTemporary()
        }
    }

    private func ship(in folder: DemoFolder) async throws -> Ledger {
        var settings = DemoSettings.settings(accessLog: folder.accessLog)
        settings.embedded.listen = listen
        try settings.embedded.checkListener()
        return try await Node.with(settings, dataDirectory: folder.path) { node in
            var before = 0
            try await Ledger.forEachValue(of: DemoSettings.accessTopic, on: node.binder) { _ in before += 1 }
            let view = Task { await LiveView(node: node).run() }
            defer { view.cancel() }
            try await node.run(until: .idleAfter { try await writeTraffic(to: folder.accessLog) })
            view.cancel()
            await view.value
            let read = node.agent.status.inputs.reduce(before) { $0 + Int($1.linesRead) }
            return try await Ledger(read: read, accessLog: folder.accessLog, binder: node.binder)
        }
    }

    private func writeTraffic(to path: String) async throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seekToEnd()
        var traffic = TrafficSource(format: .combined, seed: nil)
        var pacer = Pacer(rate: rate)
        let end = ContinuousClock.now + duration.duration
        while ContinuousClock.now < end, !Task.isCancelled {
            try file.write(contentsOf: traffic.lines(try await pacer.next(limit: rate)))
        }
        try file.close()
    }
}
