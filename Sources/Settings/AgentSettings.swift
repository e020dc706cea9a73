/// The log agent: which files it tails, and how it ships them.
public struct AgentSettings: Sendable, Equatable {
    /// The stable name under which file positions are kept (`agent.id`). Two running agents never share one: the older is fenced.
    public var id: String
    /// The inputs by name.
    public var inputs: [FileInputSettings]

    /// Creates the agent's settings.
    public init(id: String = "agent", inputs: [FileInputSettings] = []) {
        self.id = id
        self.inputs = inputs
    }
}

/// One input: the files that match its patterns, sent line by line to its output binding.
public struct FileInputSettings: Sendable, Equatable {
    /// Where to begin in a file that is seen for the first time.
    public enum Start: String, Sendable, CaseIterable {
        /// At its first byte.
        case beginning
        /// At its present end; files that appear later are read from their first byte.
        case end
    }

    /// The input's name.
    public var name: String
    /// Glob patterns of absolute paths; `*`, `?`, `[...]`, `{a,b}` and `**` (any number of folders).
    public var paths: [String]
    /// Patterns of paths to leave out.
    public var exclude: [String]
    /// Where a file's first reading begins.
    public var start: Start
    /// The output binding the lines are sent to: `<name>-out-0`.
    public var output: String
    /// The longest line shipped, in bytes without its newline; a longer one is dead-lettered. 1 to 64 MiB.
    public var lineBytesMax: Int
    /// A batch is closed when its uncompressed records reach this many bytes.
    public var batchBytesMax: Int
    /// A batch is closed when it has this many records.
    public var batchRecordsMax: Int
    /// A batch is closed when its first record has waited this long.
    public var linger: Duration
    /// How often lines and file positions are committed together, 100 ms to 1 s.
    public var commitInterval: Duration
    /// How often the folders are scanned anew beside inotify's events.
    public var scanInterval: Duration
    /// Where the input is declared.
    public var location: SourceLocation?

    /// Creates an input with the documented defaults.
    public init(
        name: String, paths: [String], exclude: [String] = [], start: Start = .beginning, output: String? = nil,
        lineBytesMax: Int = 1 << 20, batchBytesMax: Int = 512 << 10, batchRecordsMax: Int = 10_000,
        linger: Duration = .milliseconds(100), commitInterval: Duration = .milliseconds(200),
        scanInterval: Duration = .seconds(1), location: SourceLocation? = nil
    ) {
        self.name = name
        self.paths = paths
        self.exclude = exclude
        self.start = start
        self.output = output ?? "\(name)-out-0"
        self.lineBytesMax = lineBytesMax
        self.batchBytesMax = batchBytesMax
        self.batchRecordsMax = batchRecordsMax
        self.linger = linger
        self.commitInterval = commitInterval
        self.scanInterval = scanInterval
        self.location = location
    }
}
