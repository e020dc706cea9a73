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
        help: "The address to listen on, HOST:PORT. Nobody has to say who they are: leave it on this machine.",
        transform: ListenAddress.init(parsing:))
    var listen = ListenAddress(host: "127.0.0.1", port: 9092)

    @Option(
        name: .customLong("advertise"),
        help: "The name or address under which clients reach it. Default: that of --listen.")
    var advertisedHost: String?

    @Option(name: .customLong("data-dir"), help: "The folder of the embedded log; made when missing.")
    var dataDirectory = "data"

    @Option(
        name: .customLong("config"),
        help: "A YAML file or a folder of them, of which stream.embedded.binder counts here; may be repeated.")
    var paths: [String] = []

    @OptionGroup var logging: LogLevelOption

    func validate() throws {
        guard advertisedHost != "" else { throw ValidationError("--advertise needs a name or an address") }
        guard advertisedHost != nil || !listen.isWildcard else {
            throw ValidationError(
                "--listen \(listen) takes every address; say with --advertise HOST which of them clients use")
        }
    }

    func run() async throws {
        try await reportingFailures {
            LineLogHandler.bootstrap(level: logging.level)
            try await BrokerNode(
                settings: try settings(), dataDirectory: dataDirectory, address: listen,
                advertisedHost: advertisedHost ?? listen.host
            ).run()
        }
    }

    private func settings() throws -> EmbeddedSettings {
        guard !paths.isEmpty else { return EmbeddedSettings() }
        return try ConfigurationOptions.parse(paths.flatMap { ["--config", $0] }).settings().embedded
    }
}

/// Where a server listens.
struct ListenAddress: CustomStringConvertible, Sendable {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `HOST:PORT`; an IPv6 address stands in brackets.
    init(parsing text: String) throws {
        guard let match = text.wholeMatch(of: /(?:\[(?<address>[0-9A-Fa-f:.]+)\]|(?<name>[^:\[\]]+)):(?<port>\d{1,5})/),
            let port = UInt16(match.port), let host = match.address ?? match.name
        else {
            throw ValidationError("'\(text)' is no address to listen on; it is HOST:PORT, such as 127.0.0.1:9092")
        }
        self.init(host: String(host), port: Int(port))
    }

    /// Whether only this machine can come to it.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.wholeMatch(of: /127(?:\.\d{1,3}){3}/) != nil }

    /// Whether it stands for all addresses of the machine.
    var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
