/// What the agent has done and where it stands: a snapshot per input.
package struct AgentStatus: Sendable, Equatable {
    /// The inputs in the order of the settings.
    package var inputs: [InputStatus]
}

/// One input's counters since the start of the agent, and its present state.
///
/// Between two commits `linesRead == linesCommitted + deadLines + linesInFlight`; a rewind takes lines back out of `linesRead`.
package struct InputStatus: Sendable, Equatable {
    /// What the input is doing.
    package enum Phase: String, Sendable {
        /// It opens its session and reads its state.
        case starting
        /// It tails.
        case running
        /// It waits after an error that may pass; `lastError` says which.
        case waiting
        /// It has ended.
        case stopped
    }

    /// A file that cannot be read at present.
    package struct FileProblem: Sendable, Equatable {
        /// The file or folder.
        package var path: String
        /// What is wrong with it.
        package var message: String
    }

    /// The input's name.
    package var name: String
    /// What it is doing.
    package var phase: Phase = .starting
    /// The files tailed.
    package var files = 0
    /// Those with an open descriptor.
    package var openFiles = 0
    /// Bytes of whole lines read.
    package var bytesRead: Int64 = 0
    /// Lines read, dead ones included.
    package var linesRead: Int64 = 0
    /// Lines shipped and committed together with their files' positions.
    package var linesCommitted: Int64 = 0
    /// Lines dead-lettered and committed.
    package var deadLines: Int64 = 0
    /// Lines read and not yet committed.
    package var linesInFlight: Int64 = 0
    /// Bytes in the files that are not read yet, as of the last look; an unfinished last line counts.
    package var lagBytes: Int64 = 0
    /// Times that unread bytes are known to have been taken away by a truncation or a rewrite, committed as gap records.
    package var gaps = 0
    /// The bytes so lost, as far as they had been seen.
    package var gapBytes: Int64 = 0
    /// Truncations and rewrites noticed, with or without a known loss.
    package var truncations = 0
    /// Transactions committed.
    package var commits = 0
    /// Files that cannot be read at present; 32 at most are listed.
    package var problems: [FileProblem] = []
    /// The last error, if any.
    package var lastError: String?

    init(name: String) { self.name = name }
}
