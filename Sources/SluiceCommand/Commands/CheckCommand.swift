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
            let result = try configuration.load(paths)
            _ = try ConfigurationOptions.usable(result)
            for table in result.tables { try show(table) }
            for file in result.skippedFiles {
                try StandardOutput.write(line: "left out, as the profile it is named after is not on: \(file)")
            }
        }
    }

    private func show(_ table: ResolvedTable) throws {
        var text = TextTable(table.headings)
        for row in table.rows { text.add(row) }
        guard !table.rows.isEmpty else { return }
        try StandardOutput.write(line: text.lines.joined(separator: "\n") + "\n")
    }
}
