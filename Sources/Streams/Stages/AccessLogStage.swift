import AccessLogs

/// `use: access-log`: a line of a web server's log becomes a JSON object. A line that does not fit the format is rejected whole.
struct AccessLogStage: Stage {
    private let format: AccessLogFormat
    private var scanned = ScannedLine()

    init(_ format: AccessLogFormat) { self.format = format }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        guard let range = record.valueRange else { throw Self.rejection("is missing") }
        let line = record.payload.span.extracting(range)
        guard format.scan(line, into: &scanned) else {
            throw Self.rejection(scanned.rejection?.description ?? "does not fit")
        }
        let start = output.arena.count
        format.appendJSON(scanned, of: line, to: &output.arena)
        output.emit(from: record, valueFrom: start)
    }

    private static func rejection(_ reason: String) -> StageError {
        StageError(.rejected, "the line \(reason)", name: "UnparsableLine")
    }
}
