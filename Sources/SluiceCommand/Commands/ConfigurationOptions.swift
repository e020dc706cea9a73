import ArgumentParser
import Foundation
import Logging
import Settings
import SettingsLoader
import Streams

/// The options that choose a configuration, and what it is checked against before anything starts.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: """
            A YAML file or a folder of them; may be repeated. All of them are one configuration. Default: ./agents, ./bindings and ./config.
            """)
    var paths: [String] = []

    @Option(
        name: .customLong("set"), help: "Overrides one key, such as stream.embedded.binder.flush=os; may be repeated.")
    var overrides: [String] = []

    @Option(name: .customLong("profile"), help: "A profile to activate; may be repeated, later ones win.")
    var profiles: [String] = []

    /// Loads and checks the configuration: the loader's findings, and those of the stages' expressions and formats.
    func load(_ more: [String] = []) throws -> LoadResult {
        var chosen = paths + more
        if chosen.isEmpty {
            chosen = ["agents", "bindings", "config"].filter { FileManager.default.fileExists(atPath: $0) }
            guard !chosen.isEmpty else {
                throw CommandFailure(
                    """
                    there is no configuration here: name one with --config PATH, or put YAML into ./agents, ./bindings or ./config; \
                    `sluice demo` needs none
                    """)
            }
        }
        var result = ConfigurationLoader(paths: chosen, profiles: profiles, overrides: overrides).load()
        result.add(StageCatalog.diagnostics(for: result.draft.stream))
        return result
    }

    /// The settings to run with; every finding is printed, each on its line, before errors fail the command.
    func settings() throws -> SluiceSettings { try Self.usable(try load()) }

    /// The settings of a result without errors; prints its findings.
    static func usable(_ result: LoadResult) throws -> SluiceSettings {
        for finding in result.diagnostics { complain(finding.description) }
        guard let settings = result.settings, !result.diagnostics.contains(where: { $0.severity == .error }) else {
            throw ExitCode(1)
        }
        return settings
    }
}

/// The option every command has that logs.
struct LogLevelOption: ParsableArguments {
    @Option(
        name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.",
        transform: LogLevelOption.level)
    var level = Logger.Level.notice

    private static func level(_ name: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: name) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(name)' is no log level; it is one of \(known)")
        }
        return level
    }
}
