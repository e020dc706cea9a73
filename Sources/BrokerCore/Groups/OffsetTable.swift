import Records
import SegmentedLog

/// The positions of all groups, as a value: of all records of a group and a partition the one that is written last counts, in whatever order they come.
struct OffsetTable: Sendable {
    /// A position and where it is written.
    struct Entry: Sendable {
        var position: CommittedPosition
        var recordOffset: Int64
        /// In milliseconds since the epoch.
        var committedAt: Int64
    }

    /// What a group has in a partition.
    private struct Place: Hashable {
        var group: String
        var source: TopicPartition
    }

    /// Records that are being written.
    typealias Ticket = UInt64

    private(set) var groups: [String: [TopicPartition: Entry]] = [:]
    /// About what the positions of all groups take in memory.
    private(set) var sizeInBytes = 0
    /// What clients have written in transactions that are not over.
    var pending = PendingPositions()

    /// Where deletions are written, as long as a record that is written before one of them may still come.
    private var deletions: [Place: Int64] = [:]
    /// The first of them, or one before.
    private var firstDeletion = Int64.max
    /// Where the records under way will be, at least.
    private var underWay: [Ticket: Int64] = [:]
    private var lastTicket: Ticket = 0

    /// Records are about to be written, at `recordOffset` or behind it.
    mutating func begin(at recordOffset: Int64) -> Ticket {
        lastTicket += 1
        underWay[lastTicket] = recordOffset
        return lastTicket
    }

    /// They have been applied, or never will be.
    mutating func end(_ ticket: Ticket) {
        underWay[ticket] = nil
        forgetDeletions()
    }

    /// How many deletions are remembered.
    var deletionsKept: Int { deletions.count }

    /// Forgets the deletions that nothing written before them can come for any more.
    private mutating func forgetDeletions() {
        guard !deletions.isEmpty else { return }
        let first = min(underWay.values.min() ?? .max, pending.firstOffset ?? .max)
        guard first > firstDeletion else { return }
        deletions = deletions.filter { $0.value >= first }
        firstDeletion = deletions.values.min() ?? .max
    }

    /// Takes in a record that counts from now on, between its `begin` and `end`.
    mutating func apply(_ record: OffsetRecord, _ recordOffset: Int64) {
        let source = record.source
        if let old = groups[record.group]?[source], old.recordOffset > recordOffset { return }
        let place = Place(group: record.group, source: source)
        if let deleted = deletions[place], deleted > recordOffset { return }
        if let position = record.position {
            let entry = Entry(
                position: position, recordOffset: recordOffset, committedAt: record.committedAt ?? systemMilliseconds())
            let old = groups[record.group, default: [:]].updateValue(entry, forKey: source)
            sizeInBytes += record.sizeInBytes(with: position) - record.sizeInBytes(with: old?.position)
        } else {
            deletions[place] = recordOffset
            firstDeletion = min(firstDeletion, recordOffset)
            let old = groups[record.group]?.removeValue(forKey: source)
            sizeInBytes -= record.sizeInBytes(with: old?.position)
            if groups[record.group]?.isEmpty == true { groups[record.group] = nil }
        }
    }
}
