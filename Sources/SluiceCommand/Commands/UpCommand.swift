import ArgumentParser
import Settings

/// `sluice up`: runs what the configuration declares.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Runs what the configuration declares: agents, the embedded log, and stages.",
        discussion: """
            Kafka's clients can read and write its topics meanwhile: docs/kafka-compatibility.md.

            Stops on SIGTERM or SIGINT: inputs stop, stages drain, outputs flush, positions commit, exit code 0. A second signal ends it at once; nothing is
            lost in either.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var logging: LogLevelOption

    @Option(
        name: .customLong("data-dir"), help: "The folder of the embedded log; made when missing.",
        transform: DataDirectoryArgument.parse)
    var dataDirectory = "data"

    @Option(
        help: """
            Where Kafka's clients are served, HOST:PORT or none. Default: stream.embedded.binder.listen, or 127.0.0.1:9092 unless it is taken.
            """,
        transform: KafkaListener.init(argument:))
    var listen: KafkaListener?

    @Flag(help: "End with exit code 0 once every input is read to its end and every stage has caught up.")
    var untilIdle = false

    func run() async throws {
        try await reportingFailures {
            LineLogHandler.bootstrap(level: logging.level)
            var settings = try configuration.settings()
            if let listen { settings.embedded.listen = listen }
            try settings.embedded.checkListener()
            if settings.agent.inputs.isEmpty, settings.stream.stages.isEmpty {
                complain(
                    "sluice: warning: the configuration declares neither an input nor a stage; `sluice check` shows what it says"
                )
            }
            try await Node.with(settings, dataDirectory: dataDirectory) { node in
                try await node.run(until: untilIdle ? .idle : .signal)
            }
        }
    }
}
