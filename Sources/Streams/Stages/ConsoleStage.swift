import Settings

/// `use: console`: prints every record in a line of its own, as it is or through a template. It emits nothing.
///
/// Control characters are printed as `\x1b`, so that a record cannot drive the terminal.
struct ConsoleStage: Stage {
    /// Takes whole lines; called by several workers, from their own tasks.
    typealias Writer = @Sendable ([UInt8]) throws -> Void

    /// Lines are handed to the writer at this size at the latest, in bytes.
    private static let bufferBytesMax = 64 << 10

    private let template: TextTemplate?
    private let write: Writer
    private var fields = RecordFields()
    private var lines: [UInt8] = []

    init(_ options: ConsoleOptions, write: @escaping Writer) throws(Diagnostic) {
        if let source = options.template { template = try TextTemplate(source) } else { template = nil }
        self.write = write
    }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        if let template {
            let text = try template.render(record, &fields)
            appendPrintable(text[...])
        } else {
            appendPrintable(record.value ?? [])
        }
        lines.append(UInt8(ascii: "\n"))
        if lines.count >= Self.bufferBytesMax { try flush() }
    }

    mutating func advance(_ clock: StageClock, into output: inout StageOutput) throws {
        if !lines.isEmpty { try flush() }
    }

    private mutating func flush() throws {
        let taken = lines
        lines.removeAll(keepingCapacity: true)
        try write(taken)
    }

    private mutating func appendPrintable(_ text: ArraySlice<UInt8>) {
        for byte in text {
            if byte >= 0x20 && byte != 0x7F || byte == 0x09 {
                lines.append(byte)
            } else {
                let digits = Array("0123456789abcdef".utf8)
                lines += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
