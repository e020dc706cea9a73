import ArgumentParser

/// `sluice up`: runs what the configuration declares.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Runs what the configuration declares: agents, the embedded log, and stages.",
        discussion: """
            Stops on SIGTERM or SIGINT: inputs stop, stages drain, outputs flush, positions commit, exit code 0. A second signal ends it at once; nothing is
            lost in either.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var logging: LogLevelOption

    @Option(name: .customLong("data-dir"), help: "The folder of the embedded log; made when missing.")
    var dataDirectory = "data"

    @Flag(help: "End with exit code 0 once every input is read to its end and every stage has caught up.")
    var untilIdle = false

    func run() async throws {
        try await reportingFailures {
            LineLogHandler.bootstrap(level: logging.level)
            try await Node.with(try configuration.settings(), dataDirectory: dataDirectory) { node in
                try await node.run(until: untilIdle ? .idle : .signal)
            }
        }
    }
}
