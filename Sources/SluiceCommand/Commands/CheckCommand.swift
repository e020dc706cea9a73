import ArgumentParser
import Settings
import SettingsLoader

/// `sluice check`: what a configuration says, or what is wrong with it.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Prints every error of a configuration with file:line:column, or the table of what it resolves to.",
        discussion: "Exit code 1 where there are errors; warnings alone are exit code 0.")

    @Argument(help: "YAML files and folders; default: ./agents, ./bindings and ./config.")
    var paths: [String] = []

    @OptionGroup var configuration: ConfigurationOptions

    func run() async throws {
        try await reportingFailures {
            let (settings, findings) = try configuration.load(paths)
            for finding in findings { complain(finding.description) }
            guard let settings, !findings.contains(where: { $0.severity == .error }) else { throw ExitCode(1) }
            for table in SettingsTable.tables(of: settings) { print(table) }
        }
    }
}
