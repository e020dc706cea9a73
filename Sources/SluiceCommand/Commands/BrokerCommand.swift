import ArgumentParser
import Settings
import SettingsLoader

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
        help:
            "Where clients are told to connect, HOST or HOST:PORT. Default: the address of --listen, or what --properties says without it.",
        transform: AdvertisedAddress.init(argument:))
    var advertise: AdvertisedAddress?

    @Option(
        name: .customLong("data-dir"),
        help:
            "The folder of the embedded log; made when missing. Default: that of --properties, or \(BrokerNode.dataDirectory).",
        transform: DataDirectoryArgument.parse)
    var dataDirectory: String?

    @Option(help: "A server.properties of Apache Kafka, whose keys are obeyed as docs/server-properties.md says.")
    var properties: String?

    @Option(
        name: .customLong("config"),
        help: "A YAML file or a folder of them, of which stream.embedded.binder counts here; may be repeated.")
    var paths: [String] = []

    @OptionGroup var logging: LogLevelOption

    func run() async throws {
        try await reportingFailures {
            LineLogHandler.bootstrap(level: logging.level)
            try await BrokerNode(settings: try settings()).run()
        }
    }

    /// What the configuration says, then the properties, then the command line, each stronger than what is before it.
    private func settings() throws -> BrokerSettings {
        var settings = BrokerSettings()
        if !paths.isEmpty {
            settings.embedded = try ConfigurationOptions.parse(paths.flatMap { ["--config", $0] }).settings().embedded
        }
        apply(to: &settings)
        if let properties {
            let loaded = ServerPropertiesLoader(properties, onto: settings)
            for finding in loaded.diagnostics { complain(finding.description) }
            guard !loaded.diagnostics.contains(where: { $0.severity == .error }) else { throw ExitCode(1) }
            let advertise = settings.embedded.advertise
            settings = loaded.settings
            // Where the file sends clients is where its own listeners are, which --listen replaces.
            if listen != nil { settings.embedded.advertise = advertise }
            apply(to: &settings)
        }
        guard settings.embedded.listen != .off else {
            throw ValidationError("stream.embedded.binder.listen is none; say with --listen HOST:PORT where to listen")
        }
        try settings.embedded.checkListener()
        return settings
    }

    private func apply(to settings: inout BrokerSettings) {
        if let listen { settings.embedded.listen = .at(listen) }
        if let advertise { settings.embedded.advertise = advertise }
        if let dataDirectory { settings.dataDirectory = dataDirectory }
    }
}
