import Settings

/// `use: file`: appends every record's value to a file. It emits nothing.
///
/// At least once: the bytes are on disk before the position is committed, so a crash between the two writes them again.
struct FileStage: Stage {
    /// Bytes are written at this size at the latest.
    private static let bufferBytesMax = 1 << 20

    private let separator: [UInt8]
    private let file: AppendedFile
    private var buffer: [UInt8] = []

    init(_ options: FileOptions) {
        separator = Array(options.separator.utf8)
        file = AppendedFile(path: options.path)
    }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        if buffer.count >= Self.bufferBytesMax { try flush() }
        guard let value = record.value else { return }
        buffer.append(contentsOf: value)
        buffer.append(contentsOf: separator)
    }

    mutating func advance(_ clock: StageClock, into output: inout StageOutput) throws {
        guard !buffer.isEmpty || file.isUnsynced else { return }
        try flush()
        try file.sync()
    }

    private mutating func flush() throws(StageError) {
        try file.write(&buffer)
    }
}
