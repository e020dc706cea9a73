import BinderKit
import Records

/// `use: aggregate`: tumbling windows of event time, emitted once when they close. How windows close and restarts work: `docs/stages.md`.
struct AggregateStage: RewindingStage {
    /// The most groups open at once in one worker, over all windows and partitions.
    static let openGroupsMax = 100_000

    private let plan: AggregatePlan
    private let openGroupsMax: Int
    private var partitions: [PartitionWindows] = []
    /// The partition of the last record.
    private var current = 0
    private var openGroups = 0
    private var fields = RecordFields()
    private var inputs: [Accumulator.Number?] = []
    private var key: [UInt8] = []
    private var result: [UInt8] = []

    init(_ plan: AggregatePlan, openGroupsMax: Int = AggregateStage.openGroupsMax) {
        self.plan = plan
        self.openGroupsMax = openGroupsMax
    }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        selectPartition(record.source)
        defer { partitions[current].passed(record.offset) }
        let isSeen = record.offset < partitions[current].committed.seenThrough
        do {
            try count(record, isSeen: isSeen)
        } catch {
            // Its dead letter was committed together with the position.
            if isSeen, error.code == .rejected { return }
            throw error
        }
    }

    mutating func advance(_ clock: StageClock, into output: inout StageOutput) throws {
        guard let boundary = boundary(clock) else { return }
        var closed: [PartitionWindows.Window] = []
        for index in partitions.indices { closed += partitions[index].close(through: boundary) }
        // Partitions are in order and sorting is stable, so the same input gives the same bytes.
        closed.sort { $0.start < $1.start }
        var first = 0
        while first < closed.count {
            var groups = closed[first].groups
            openGroups -= groups.count
            var next = first + 1
            while next < closed.count, closed[next].start == closed[first].start {
                openGroups -= closed[next].groups.count
                groups.merge(closed[next].groups)
                next += 1
            }
            emit(groups, start: closed[first].start, into: &output)
            first = next
        }
    }

    mutating func assigned(_ positions: [InputPosition]) throws {
        for position in positions {
            let continued = try AggregatePosition(position)
            drop(position.source)
            partitions.append(PartitionWindows(source: position.source, continuing: continued))
        }
        partitions.sort { $0.source < $1.source }
    }

    mutating func revoked(_ sources: [TopicPartition]) {
        for source in sources { drop(source) }
    }

    func position(of source: TopicPartition, next: Int64) -> InputPosition {
        partitions.first { $0.source == source }?.position(next: next) ?? InputPosition(source: source, offset: next)
    }

    func wasSeen(_ source: TopicPartition, offset: Int64) -> Bool {
        partitions.contains { $0.source == source && offset < $0.committed.seenThrough }
    }

    private mutating func selectPartition(_ source: TopicPartition) {
        if current < partitions.count, partitions[current].source == source { return }
        if let known = partitions.firstIndex(where: { $0.source == source }) {
            current = known
        } else {
            partitions.append(PartitionWindows(source: source, continuing: AggregatePosition()))
            partitions.sort { $0.source < $1.source }
            current = partitions.firstIndex { $0.source == source } ?? 0
        }
    }

    private mutating func drop(_ source: TopicPartition) {
        guard let index = partitions.firstIndex(where: { $0.source == source }) else { return }
        openGroups -= partitions[index].openGroups
        partitions.remove(at: index)
        current = 0
    }

    // MARK: Counting

    private mutating func count(_ record: StageRecord, isSeen: Bool) throws(StageError) {
        fields.forget()
        let time = try eventTime(of: record)
        // `closedThrough` begins a window, so this is the same as asking whether the record's window is closed. It stays right when the
        // window's length was changed between two starts.
        if time < partitions[current].closedThrough {
            // Emitted before the restart, or dead-lettered then.
            if isSeen { return }
            throw late(time)
        }
        try evaluateInputs(record)
        try evaluateKey(record)
        let start = plan.windowStart(time)
        var window = partitions[current].find(start)
        if openGroups >= openGroupsMax, window.flatMap({ partitions[current].windows[$0].groups.find(key) }) == nil {
            throw full()
        }
        if window == nil {
            window = partitions[current].open(start, firstOffset: record.offset, groups: plan.makeTable())
        }
        partitions[current].noteTime(time)
        if let window, partitions[current].add(inputs, key: key, window: window) { openGroups += 1 }
    }

    private mutating func eventTime(of record: StageRecord) throws(StageError) -> Int64 {
        let value = try plan.time.evaluate(record, sharing: &fields)
        let time: Int64?
        switch value {
        case .integer(let milliseconds): time = milliseconds
        case .decimal(let milliseconds): time = Int64(exactly: milliseconds.rounded(.down))
        case .text(let text): time = text.withUnsafeBufferPointer { RFC3339.milliseconds($0.span) }
        default: time = nil
        }
        // The years 0 to 9999, which RFC 3339 can write.
        guard let time, (-62_167_219_200_000...253_402_300_799_999).contains(time) else {
            let text = String(decoding: (value.text ?? []).prefix(64), as: UTF8.self)
            throw StageError(
                .rejected,
                value == .null
                    ? "the record has no event time" : "'\(text)' is no event time: neither RFC 3339 nor milliseconds",
                name: "EventTime")
        }
        return time
    }

    private mutating func evaluateInputs(_ record: StageRecord) throws(StageError) {
        inputs.removeAll(keepingCapacity: true)
        for index in plan.inputs.indices {
            switch try plan.inputs[index].evaluate(record, sharing: &fields) {
            case .null: inputs.append(nil)
            case _ where plan.isOnlyCounted[index]: inputs.append(.whole(1))
            case .integer(let value): inputs.append(.whole(value))
            case .decimal(let value) where value.isFinite: inputs.append(.decimal(value))
            case let other:
                throw Expression.typeError(
                    "'\(plan.inputNames[index])' came to \(other.number == nil ? other.typeName : "a number too great"), "
                        + "and the aggregate wants a number")
            }
        }
    }

    private mutating func evaluateKey(_ record: StageRecord) throws(StageError) {
        key.removeAll(keepingCapacity: true)
        for index in plan.keys.indices {
            key.append(contentsOf: plan.keys[index].prefix)
            try plan.keys[index].expression.evaluate(record, sharing: &fields).appendJSON(to: &key)
        }
        guard key.count <= AggregatePlan.keyBytesMax else {
            throw StageError(
                .rejected, "the group's key is \(key.count) bytes long; at most \(AggregatePlan.keyBytesMax) are kept",
                name: "GroupTooLong")
        }
    }

    private func late(_ time: Int64) -> StageError {
        var text: [UInt8] = []
        RFC3339.append(time, to: &text)
        return StageError(
            .rejected, "the window of \(String(decoding: text, as: UTF8.self)) is closed: the record came too late",
            name: "LateRecord")
    }

    private func full() -> StageError {
        StageError(
            .failed,
            "\(openGroupsMax) groups are open, and no more are kept; group by fewer values, or take shorter windows or less lateness",
            name: "TooManyGroups")
    }

    // MARK: Closing

    /// The event time through which windows are now closed; nil while it cannot be told.
    private func boundary(_ clock: StageClock) -> Int64? {
        var watermark: Int64?
        var isBehind = false
        for partition in partitions where clock.lagging.contains(partition.source) {
            guard !partition.isRewound, let time = partition.greatestTime else { return nil }
            isBehind = true
            watermark = min(watermark ?? time, time)
        }
        if isBehind { return watermark.map { plan.windowStart($0 - plan.latenessMilliseconds) } }
        guard let greatest = partitions.compactMap(\.greatestTime).max() else { return nil }
        let (silent, overflow) = greatest.addingReportingOverflow(max(0, clock.idleMilliseconds))
        let end = plan.windowStart(greatest) + plan.windowMilliseconds
        // Silence closes what is open and no more: what comes after it belongs to a window that nobody has seen yet.
        return min(end, plan.windowStart((overflow ? .max : silent) - plan.latenessMilliseconds))
    }

    private mutating func emit(_ groups: GroupTable, start: Int64, into output: inout StageOutput) {
        for group in groups.sortedGroups {
            result.removeAll(keepingCapacity: true)
            plan.appendResult(groups, group, start: start, to: &result)
            output.emit(value: result, headers: [], timestamp: start + plan.windowMilliseconds - 1)
        }
    }
}
