import BinderKit
import Records

/// The open windows of one partition, kept apart from other partitions' so that they can be given up with it.
struct PartitionWindows {
    /// One window's part in this partition.
    struct Window {
        /// Its start, in milliseconds since the epoch.
        let start: Int64
        /// The first record that was counted in it: after a restart reading begins here.
        let firstOffset: Int64
        var groups: GroupTable
    }

    let source: TopicPartition
    /// Where this partition was continued from.
    private(set) var committed: AggregatePosition
    /// As in `AggregatePosition`, but of now.
    private(set) var closedThrough: Int64
    /// One past the last record processed.
    private(set) var nextOffset: Int64 = 0
    /// The greatest event time, in milliseconds since the epoch.
    private(set) var greatestTime: Int64?
    /// By start.
    private(set) var windows: [Window] = []
    private var recent = 0

    init(source: TopicPartition, continuing committed: AggregatePosition) {
        self.source = source
        self.committed = committed
        self.closedThrough = committed.closedThrough
    }

    /// How many groups are open.
    var openGroups: Int { windows.reduce(0) { $0 + $1.groups.count } }

    /// Whether records are being read again that were counted before the partition was assigned. Until all of them are, no window may close.
    var isRewound: Bool { nextOffset < committed.seenThrough }

    /// Notes that the record at `offset` is done with, whether it was counted or not.
    mutating func passed(_ offset: Int64) { nextOffset = max(nextOffset, offset + 1) }

    /// Notes an event time.
    mutating func noteTime(_ time: Int64) { greatestTime = max(greatestTime ?? time, time) }

    /// The window that starts at `start`, if it is open.
    mutating func find(_ start: Int64) -> Int? {
        if recent < windows.count, windows[recent].start == start { return recent }
        // By index: a closure is handed a copy of each window, with a count on each of its arrays.
        var index = windows.count - 1
        while index >= 0, windows[index].start != start { index -= 1 }
        guard index >= 0 else { return nil }
        recent = index
        return index
    }

    /// Opens the window that starts at `start`.
    mutating func open(_ start: Int64, firstOffset: Int64, groups: GroupTable) -> Int {
        let index = windows.firstIndex { $0.start > start } ?? windows.count
        windows.insert(Window(start: start, firstOffset: firstOffset, groups: groups), at: index)
        recent = index
        return index
    }

    /// Counts a record; returns whether its group is new.
    mutating func add(_ inputs: [Accumulator.Number?], key: borrowing [UInt8], window: Int) -> Bool {
        let groupsBefore = windows[window].groups.count
        windows[window].groups.add(inputs, to: windows[window].groups.findOrAdd(key))
        return windows[window].groups.count > groupsBefore
    }

    /// Takes out the windows that begin before `boundary`, which is where a window begins.
    mutating func close(through boundary: Int64) -> [Window] {
        closedThrough = max(closedThrough, boundary)
        let closed = windows.prefix { $0.start < boundary }
        windows.removeFirst(closed.count)
        return Array(closed)
    }

    /// What may be committed once everything before `next` was processed.
    func position(next: Int64) -> InputPosition {
        let lowest = windows.reduce(next) { min($0, $1.firstOffset) }
        let carried = AggregatePosition(
            closedThrough: closedThrough, seenThrough: max(committed.seenThrough, next))
        return InputPosition(source: source, offset: lowest, metadata: carried.metadata)
    }
}
