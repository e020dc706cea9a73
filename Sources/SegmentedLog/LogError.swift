import Glibc

/// What went wrong in the log, and where: the one error type of this module.
package struct LogError: Error, Sendable, CustomStringConvertible {
    /// What a caller may act on.
    package enum Code: String, Sendable {
        /// Bytes on disk are not what was written: directory, segment and byte offset say where.
        case corrupt
        /// The partition takes no appends any more, because an earlier write or fsync failed.
        case readOnly
        /// The offset is below the log start offset or above the end.
        case offsetOutOfRange
        /// No room on the device: nothing was appended, and the next append works once there is room.
        case diskFull
        /// The operating system refused an operation; `systemError` holds its errno.
        case io
        /// A file or folder that is needed does not exist.
        case notFound
        /// A file was removed, or another has its name, since it was opened, and it had been closed meanwhile (`FilePool`): what the log holds now is to be
        /// looked up again.
        case fileGone
        /// So many files have slices on their way to clients that no other is kept open for one (`FilePool`): ask again when some were sent.
        case tooManySlices
        /// It would have to be waited for, and the caller has said that it does not wait.
        case busy
        /// The batch is larger than the topic allows.
        case batchTooLarge
        /// The batch is larger than a segment of the topic.
        case segmentTooSmall
        /// The batch may not be appended as it is (a control batch, wrong counts).
        case invalidBatch
        /// A producer's sequence number does not follow its last one.
        case outOfOrderSequence
        /// A newer epoch of the same producer id has written: this producer must stop.
        case producerFenced
        /// A plain write of a producer whose transaction is open, or the other way round.
        case invalidTransactionState
        /// The log or its flush gate is closed.
        case closed
    }

    /// The kind of failure.
    package var code: Code
    /// One line: what happened and, where there is something to do, what to do.
    package var message: String
    /// The partition's folder.
    package var directory: String?
    /// The file in that folder, such as `00000000000000000000.log`.
    package var segment: String?
    /// The place in that file, in bytes from its start.
    package var byteOffset: Int64?
    /// The errno of the operating system, where one is behind this error.
    package var systemError: Int32?
    /// The error behind this one.
    package var cause: (any Error)?

    package init(
        _ code: Code, _ message: String, directory: String? = nil, segment: String? = nil, byteOffset: Int64? = nil,
        systemError: Int32? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.directory = directory
        self.segment = segment
        self.byteOffset = byteOffset
        self.systemError = systemError
        self.cause = cause
    }

    /// The error for a failed system call on `path`; a full device (or quota) is `.diskFull`, a missing file `.notFound`.
    package static func system(_ number: Int32, _ operation: String, path: String) -> LogError {
        let code: Code =
            switch number {
            case ENOSPC, EDQUOT: .diskFull
            case ENOENT: .notFound
            default: .io
            }
        let (directory, name) = FilePath.split(path)
        let reason = String(cString: strerror(number))
        return LogError(
            code, "\(operation) failed: \(reason)", directory: directory, segment: name, systemError: number)
    }

    /// `directory/segment at byte N: message`, with the parts that are known.
    package var description: String {
        var place = ""
        if let directory { place = directory }
        if let segment { place = place.isEmpty ? segment : "\(place)/\(segment)" }
        if let byteOffset { place += " at byte \(byteOffset)" }
        let text = place.isEmpty ? message : "\(place): \(message)"
        guard let cause else { return text }
        return "\(text) (\(cause))"
    }
}

/// The two operations on paths this module needs.
enum FilePath {
    /// The folder of `path` and the last component.
    static func split(_ path: String) -> (directory: String?, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (nil, path) }
        let directory = String(path[..<slash])
        return (directory.isEmpty ? "/" : directory, String(path[path.utf8.index(after: slash)...]))
    }

    /// `name` inside `directory`.
    static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }
}
