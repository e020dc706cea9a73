import ArgumentParser
import Settings

/// `sluice broker`: the embedded log alone, for Kafka's clients.
struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker", abstract: "Serves the embedded log to Kafka's clients, and runs nothing else.",
        discussion: """
            What is served: docs/kafka-compatibility.md. Stops on SIGTERM or SIGINT with exit code 0. What was acknowledged is as durable as \
            stream.embedded.binder.flush says, which is `always` unless a configuration sets another.
            """)

    @Option(
        help:
            "The address to listen on, HOST:PORT; by default 127.0.0.1:9092. Nobody has to say who they are: leave it on this machine.",
        transform: ListenAddress.init(argument:))
    var listen: ListenAddress?

    @Option(
        help: "Where clients are told to connect, HOST or HOST:PORT. Default: the address of --listen.",
        transform: AdvertisedAddress.init(argument:))
    var advertise: AdvertisedAddress?

    @Option(name: .customLong("data-dir"), help: "The folder of the embedded log; made when missing.")
    var dataDirectory = "data"

    @Option(
        name: .customLong("config"),
        help: "A YAML file or a folder of them, of which stream.embedded.binder counts here; may be repeated.")
    var paths: [String] = []

    @OptionGroup var logging: LogLevelOption

    func run() async throws {
        try await reportingFailures {
            LineLogHandler.bootstrap(level: logging.level)
            try await BrokerNode(settings: try settings(), dataDirectory: dataDirectory).run()
        }
    }

    /// The configuration's settings; what the command line says wins.
    private func settings() throws -> EmbeddedSettings {
        var settings = EmbeddedSettings()
        if !paths.isEmpty {
            settings = try ConfigurationOptions.parse(paths.flatMap { ["--config", $0] }).settings().embedded
        }
        if let listen { settings.listen = .at(listen) }
        if let advertise { settings.advertise = advertise }
        guard settings.listen != .off else {
            throw ValidationError("stream.embedded.binder.listen is none; say with --listen HOST:PORT where to listen")
        }
        try settings.checkListener()
        return settings
    }
}
