/// A generation whose file no longer holds it: truncated, rewritten, or deleted while something that may be its copy is about.
struct Orphan {
    var generation: Generation
    /// Whether its unread bytes are lost unless a copy has them.
    var isLossy: Bool
    /// When its file was found not to hold it any more.
    let since = ContinuousClock.now

    /// Whether all that was read of it is committed.
    var isCommitted: Bool { generation.current == generation.committed }

    /// Whether a copy of it could be recognised.
    var isRecognisable: Bool { generation.current.offset > generation.startOffset }
}

/// A generation that has ended: its record is to go from the state topic, and its loss, if any, to be reported.
struct Ending {
    var generation: Generation
    var lostBytes: Int64
}

/// Bytes that were seen in a file and are gone before they were read.
struct Gap {
    var path: String
    var generation: UInt64
    /// The first byte lost.
    var offset: Int64
    var bytes: Int64
}
