import Foundation
import TestSupport

/// A pipeline of three stages as an operator would declare it, over one log file in a folder of the test.
struct Pipeline {
    let folder: TemporaryFolder
    let log: String
    let data: String
    let configuration: String

    /// - Parameter listen: where Kafka's clients are served; nowhere unless a test is about them.
    init(
        paths: String = "access.log", dataDirectory: String? = nil, flush: String = "always", listen: String = "none"
    ) throws {
        folder = try TemporaryFolder()
        log = folder("access.log")
        data = dataDirectory ?? folder("data")
        configuration = try folder.write(
            "pipeline.yaml",
            """
            agent:
              inputs:
                access: { paths: ["\(folder.path)/\(paths)"], start: beginning }
            stream:
              embedded:
                binder: { flush: \(flush), listen: "\(listen)" }
                bindings:
                  access-out: { producer: { compression-type: zstd } }
              bindings:
                access-out: { destination: nginx.access, producer: { partition-count: 6 } }
                parse-in: { destination: nginx.access, group: parse, consumer: { concurrency: 2, max-attempts: 3 } }
                parse-out: { destination: nginx.hits, producer: { partition-key-expression: payload.remote_addr, partition-count: 6 } }
                errors-in: { destination: nginx.hits, group: errors }
                errors-out: { destination: nginx.errors }
                per-second-in: { destination: nginx.hits, group: per-second }
                per-second-out: { destination: nginx.per-second }
              stages:
                parse: { use: access-log, format: combined }
                errors: { use: filter, where: "status >= 500" }
                per-second: { use: aggregate, window: 1s, allowed-lateness: 10s, measures: { hits: count } }

            """)
    }

    /// The arguments of `sluice up` for this pipeline.
    func up(_ more: String...) -> [String] {
        ["up", "--config", configuration, "--data-dir", data] + more
    }

    /// The values of a topic, in partition and offset order.
    func values(of topic: String) async throws -> [Substring] {
        let dump = try await Program.run(
            Program.sluice, ["log", "dump", "--data-dir", data, "--topic", topic, "--format", "value"])
        guard dump.status == 0 else { throw TimedOut(description: dump.errors) }
        return dump.output.split(separator: "\n")
    }

    /// Starts the pipeline and waits until everything written has passed through it.
    func finish() async throws -> Program.Result {
        try await Program.run(Program.sluice, up("--until-idle"))
    }
}

/// Lines in nginx's combined format, each with its number in the path, so that a missing or doubled one is told by its number.
struct NumberedLines {
    static func line(_ number: Int, time: Date) -> String {
        let status = number % 50 == 0 ? 502 : 200
        return """
            192.0.2.\(number % 250) - - [\(time.formatted(nginxTime))] "GET /n/\(number) HTTP/1.1" \(status) \(number % 9000) "-" "test/1.0"

            """
    }

    private static let nginxTime = Date.VerbatimFormatStyle(
        format: """
            \(day: .twoDigits)/\(month: .abbreviated)/\(year: .defaultDigits):\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) +0000
            """,
        locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))

    /// The numbers found in texts that hold `/n/<number>`, with how often each was found.
    static func counts(in texts: [Substring]) -> [Int: Int] {
        var result: [Int: Int] = [:]
        for text in texts {
            guard let start = text.range(of: "/n/")?.upperBound else { continue }
            let digits = text[start...].prefix { $0.isNumber }
            if let number = Int(digits) { result[number, default: 0] += 1 }
        }
        return result
    }
}
