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
        subcommands: [UpCommand.self, CheckCommand.self, LogCommand.self, GenerateCommand.self, DemoCommand.self])
}
