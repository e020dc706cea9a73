import ArgumentParser
import Foundation
import Records
import SegmentedLog

/// `sluice log`: looks into a log from outside, also while another process uses it. Changes nothing.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Reads a log offline, also while it is in use.",
        subcommands: [LogList.self, LogDump.self])
}

/// `sluice log list`: the topics and their partitions.
struct LogList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the topics with their partitions, offsets and sizes.",
        discussion:
            "Every batch is read and its checksum verified; a damaged partition is named, and the exit code is 1.")

    @Option(name: .customLong("data-dir"), help: "The folder of the log.")
    var dataDirectory: String

    func run() async throws {
        try await reportingFailures {
            var table = TextTable(["topic", "partition", "start", "end", "size"])
            var damage: [LogError] = []
            for partition in try PartitionFolder.all(in: dataDirectory) {
                var cells = [partition.id.topic, "\(partition.id.partition)"]
                do throws(LogError) {
                    let contents = try partition.contents()
                    cells += ["\(contents.startOffset)", "\(contents.endOffset)", readableBytes(contents.bytes)]
                } catch {
                    damage.append(error)
                    cells += ["damaged", "", ""]
                }
                table.add(cells)
            }
            if !table.lines.isEmpty { try StandardOutput.write(line: table.lines.joined(separator: "\n")) }
            for error in damage { complain("sluice: \(error)") }
            if !damage.isEmpty { throw ExitCode(1) }
        }
    }
}

/// `sluice log dump`: the records.
struct LogDump: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Prints committed records, in the order of topic, partition and offset.",
        discussion:
            "Records of aborted and of still open transactions are left out: a consumer does not see them either.")

    /// How a record is printed.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        /// The value's bytes and a newline.
        case value
        /// An object a line with topic, partition, offset, timestamp, key, value and headers.
        case json
    }

    @Option(name: .customLong("data-dir"), help: "The folder of the log.")
    var dataDirectory: String

    @Option(help: "Only this topic; without it, all but the broker's own.")
    var topic: String?

    @Option(parsing: .unconditional, help: "Only this partition.")
    var partition: Int32?

    @Option(parsing: .unconditional, help: "Where to begin in each partition, as an offset.")
    var from: Int64 = 0

    @Option(help: "value: the bytes and a newline. json: an object a line, with place, time, key and headers.")
    var format = Format.value

    func validate() throws {
        guard partition ?? 0 >= 0, from >= 0 else {
            throw ValidationError("--partition and --from are numbers from 0 on")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let chosen = try PartitionFolder.all(in: dataDirectory).filter { folder in
                (topic.map { folder.id.topic == $0 } ?? !folder.id.topic.hasPrefix("__"))
                    && (partition == nil || folder.id.partition == partition)
            }
            if chosen.isEmpty, topic != nil || partition != nil {
                let name = topic.map { "topic '\($0)'" } ?? "topic"
                let place = partition.map { " with partition \($0)" } ?? ""
                throw CommandFailure("no \(name)\(place) in \(dataDirectory); `sluice log list` shows what is there")
            }
            var printer = RecordPrinter(format: format)
            for folder in chosen {
                try CommittedRecords(folder: folder, from: from).visit { records, record in
                    try printer.print(record, of: records, in: folder.id)
                }
            }
            try printer.flush()
        }
    }
}
