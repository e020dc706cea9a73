import Glibc

/// The agent's named limits beside those of its settings: what bounds its memory, its descriptors and its patience.
///
/// The memory of one input is about `readBytes` + one batch + one dead-letter batch + some hundred bytes per file, whatever the backlog;
/// while a line longer than `readBytes` is copied, its length comes on top.
package struct AgentLimits: Sendable {
    /// One read, and the one read buffer of an input, in bytes.
    package var readBytes = 256 << 10
    /// The descriptors one input holds open; files beyond it wait for their turn, with their state.
    package var openFilesMax: Int
    /// The files one input takes on; more are reported and left alone.
    package var filesMax = 100_000
    /// A transaction is committed early when it holds this many bytes of lines.
    package var transactionBytesMax = 64 << 20
    /// The bytes of an oversize line that its dead letter shows.
    package var deadLetterSampleBytes = 4 << 10
    /// The files that are gone whose positions are remembered, per input; the longest unseen are forgotten first.
    package var vanishedGenerationsMax = 10_000
    /// How long a deleted file must have been read to its end and silent before its descriptor is closed.
    package var deletedFileQuiet: Duration = .seconds(5)
    /// How long a file renamed out of the patterns must have been read to its end and silent before its descriptor is closed.
    package var renamedFileQuiet: Duration = .seconds(300)
    /// How long a file that may be a growing copy of another must have been silent before it is judged.
    package var copyQuiet: Duration = .seconds(2)
    /// How long a copy of a truncated file is looked for. Names that are being shifted meanwhile may hide it from one look.
    package var copySearch: Duration = .seconds(2)
    /// The least time between two looks at files that are being written, so that single lines cost no wake-up each.
    package var readPause: Duration = .milliseconds(10)
    /// The first pause after an error that may pass; doubled up to `backOffMax`.
    package var backOffInitial: Duration = .milliseconds(100)
    /// The longest pause after an error that may pass.
    package var backOffMax: Duration = .seconds(5)

    /// The documented limits; half of the descriptors the process may open, 2048 at most.
    package init() {
        var limit = rlimit()
        let known = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        let soft = known ? Int(clamping: limit.rlim_cur) : 1024
        openFilesMax = max(16, min(2048, soft / 2))
    }
}
