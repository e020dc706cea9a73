import AccessLogs
import ArgumentParser
import Foundation

/// `sluice generate`: makes input to try things with.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Makes realistic input.", subcommands: [GenerateAccessLog.self])
}

/// `sluice generate access-log`: lines of a web server's log on standard output.
struct GenerateAccessLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access-log",
        abstract: "Writes access-log lines to standard output: people, bots and garbage.",
        discussion: "The same seed and count give the same lines but for their times.")

    @Option(help: "The format of the lines.")
    var format = TrafficGenerator.Format.combined

    @Option(parsing: .unconditional, help: "Lines a second; without it, as fast as they can be written.")
    var rate: Int?

    @Option(parsing: .unconditional, help: "How many lines; without it, until interrupted.")
    var lines: Int?

    @Option(help: "The random seed; without it, another one each time.")
    var seed: UInt64?

    func validate() throws {
        guard rate ?? 1 > 0, lines ?? 0 >= 0 else {
            throw ValidationError("--rate is a count above zero, and --lines is none below zero")
        }
    }

    func run() async throws {
        try await reportingFailures {
            var traffic = TrafficSource(format: format, seed: seed)
            var pacer = Pacer(rate: rate)
            var left = lines ?? Int.max
            while left > 0 {
                let count = try await pacer.next(limit: left)
                left -= count
                try StandardOutput.write(Array(traffic.lines(count)))
            }
        }
    }
}

extension TrafficGenerator.Format: ExpressibleByArgument {}
