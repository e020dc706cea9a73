import ArgumentParser

/// The command. Exit codes: 0 done; 1 it failed, or `check` found errors; 2 the demo's ledger does not balance; 64 a wrong option; 128 + n ended at once by a
/// second signal n.
@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Ships web-server logs into durable, partitioned topics and runs processing stages between them.",
        discussion: """
            One process on one machine: a log agent, an embedded log and the stages that YAML declares. Start with `sluice demo`, then look at
            agents/, bindings/ and config/, which `sluice up` runs.

            Exit codes: 0 done; 1 failed, or check found errors; 2 the demo's ledger does not balance; 64 a wrong option; 128+n ended at once by a second
            signal n.
            """,
        version: "0.1.0",
        subcommands: [
            UpCommand.self, BrokerCommand.self, ProduceCommand.self, ConsumeCommand.self, CheckCommand.self,
            TopicsCommand.self, GroupsCommand.self, ConfigsCommand.self, LogCommand.self, GenerateCommand.self,
            DemoCommand.self,
        ])

    /// Runs the command; a wrong option is told in one line, as every other error is.
    static func main() async {
        var running: (any ParsableCommand.Type)?
        do {
            var command = try parseAsRoot()
            running = type(of: command)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            // ArgumentParser keeps to itself which command it was, but names it where it sends the reader. What a command finds out
            // while it runs, as of options that do not go with its configuration, has no such place.
            let named = fullMessage(for: error).firstMatch(of: /See '(.+ --help)'/).map { String($0.1) }
            let own = configuration.subcommands.first { $0 == running }?.configuration.commandName
            let help = own.map { "sluice \($0) --help" } ?? named ?? "sluice --help"
            let message = message(for: error).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            complain("sluice: \(message.hasSuffix(".") ? String(message.dropLast()) : message); see '\(help)'")
            exit(withError: ExitCode.validationFailure)
        }
    }
}
