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
        help: "A YAML file or a folder of them; may be repeated. All of them are one configuration. Default: ./agents, ./bindings and ./config.")
    var paths: [String] = []

    @Option(
        name: .customLong("set"), help: "Overrides one key, such as stream.embedded.binder.flush=os; may be repeated.")
    var overrides: [String] = []

    @Option(name: .customLong("profile"), help: "A profile to activate; may be repeated, later ones win.")
    var profiles: [String] = []

    /// Loads and checks the configuration: the loader's findings, and those of the stages' expressions and formats.
    func load(_ extraPaths: [String] = []) throws -> (settings: SluiceSettings?, findings: [Diagnostic]) {
        var chosen = paths + extraPaths
        if chosen.isEmpty {
            chosen = ["agents", "bindings", "config"].filter { FileManager.default.fileExists(atPath: $0) }
            guard !chosen.isEmpty else {
                throw CommandFailure(
                    "there is no configuration here: name one with --config PATH, or put YAML into ./agents, ./bindings or ./config; `sluice demo` needs none")
            }
        }
        let loader = SettingsLoader(paths: chosen, profiles: profiles, overrides: overrides)
        let loaded = loader.load()
        let stageFindings = loaded.settings.map { StageCatalog.diagnostics(for: $0.stream) } ?? []
        return (loaded.settings, loaded.diagnostics + stageFindings)
    }

    /// The settings to run with; every error is printed, each on its line, before the command fails.
    func settings() throws -> SluiceSettings {
        let (settings, findings) = try load()
        for finding in findings { complain(finding.description) }
        let errors = findings.filter { $0.severity == .error }.count
        guard let settings, errors == 0 else { throw ExitCode(1) }
        return settings
    }
}

/// The option every command has that logs.
struct LogLevelOption: ParsableArguments {
    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var level: Logger.Level = .notice
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
