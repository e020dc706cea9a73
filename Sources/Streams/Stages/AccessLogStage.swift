import AccessLogs

/// `use: access-log`: a line of a web server's log becomes a JSON object. A line that does not fit the format is rejected whole.
struct AccessLogStage: Stage {
    private let format: AccessLogFormat
    private var scanned = ScannedLine()

    init(_ format: AccessLogFormat) { self.format = format }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        let isAccepted = record.withValue { format.scan($0, into: &scanned) }
        guard isAccepted == true else {
            let reason = isAccepted == nil ? "is missing" : scanned.rejection?.description ?? "does not fit"
            throw StageError(.rejected, "the line \(reason)", name: "UnparsableLine")
        }
        output.emit(from: record) { arena in
            _ = record.withValue { format.appendJSON(scanned, of: $0, to: &arena) }
        }
    }
}
