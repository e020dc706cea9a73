import Records

/// Batches of callers that must not block, in order of arrival. A caller that finds the queue unserved serves it until it is empty.
///
/// It has no limit of its own: what requests may hold in memory bounds it.
struct AppendQueue: Sendable {
    typealias Done = @Sendable (Result<AppendResult, LogError>) -> Void

    /// A batch, and who is told what became of it.
    struct Entry: Sendable {
        let batch: RecordBatch
        let done: Done
    }

    private var entries: [Entry] = []
    private var isServed = false

    /// Adds a batch; returns whether its caller is to serve the queue.
    mutating func enter(_ entry: Entry) -> Bool {
        entries.append(entry)
        defer { isServed = true }
        return !isServed
    }

    /// All that have come, for who has the log.
    mutating func take() -> [Entry] {
        defer { entries = [] }
        return entries
    }

    /// Those of `take` that could not be written yet.
    mutating func putBack(_ rest: ArraySlice<Entry>) { entries.insert(contentsOf: rest, at: 0) }

    /// Ends serving where nothing is left; returns whether that is so.
    mutating func leave() -> Bool {
        guard entries.isEmpty else { return false }
        isServed = false
        return true
    }
}
