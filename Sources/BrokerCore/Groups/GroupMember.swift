import Logging
import Records
import SegmentedLog

/// Where a group without a committed position in a partition starts.
package enum StartOffset: Sendable {
    /// At the oldest record kept.
    case earliest
    /// At the last stable offset.
    case latest
}

/// What a member of a group is handed.
package enum MemberEvent: Sendable {
    /// Batches of one partition: at least one. `endOffset` is the last stable offset; `readToEnd` are the other partitions with nothing to read.
    case delivery(
        source: TopicPartition, batches: [RecordBatch], startOffset: Int64, nextOffset: Int64, endOffset: Int64,
        readToEnd: [TopicPartition])
    /// Partitions that are now this member's, with the position each continues from.
    case assigned([(source: TopicPartition, position: CommittedPosition)])
    /// Partitions that go at the next call of `next`.
    case revoked([TopicPartition])
    /// Nothing came in the time given.
    case idle
}

/// One member of a consumer group: reads the partitions it owns, committed records only, the oldest first.
///
/// Of the batches that come next in each partition the one with the lowest timestamp is delivered: a member that catches up on several partitions goes
/// through time about as their producers did, and a stage with windows of event time sees little disorder. Of records that are not delivered yet it reads headers only.
///
/// One task at a time calls `next`; `commit` belongs to that task too. `close` may come from anywhere.
package actor GroupMember {
    /// How long `next` waits at most, whatever it is told: durations beyond are no use and could overflow the clock.
    private static let waitMax = Duration.seconds(86_400)

    private struct Cursor {
        let partition: Partition
        /// The next offset to hand out.
        var position: Int64
        /// Where the last delivery ended. Between it and `position` lies nothing a consumer could see.
        var deliveredTo: Int64
        /// The greatest timestamp of the batch of records at `position`; nil where it is not known whether there is one.
        var timeAhead: Int64?
    }

    /// The group's name, nil for an anonymous one.
    package nonisolated let group: String?
    private let topics: [String: Topic]
    private let start: StartOffset
    private let deliveryBytesMax: Int
    /// Several partitions share the limit of a delivery, so that none runs far ahead of the others in time; but every delivery costs its consumer
    /// a commit, so none is cut smaller than this part.
    private static let sharedDeliveryDivisorMax = 8
    private let coordinator: GroupCoordinator
    private let offsets: OffsetStore
    private let logger: Logger
    private let key: GroupCoordinator.GroupKey
    private let id: ConsumerGroup.MemberID
    private let signal: WakeSignal
    private var cursors: [Cursor] = []
    /// Where the search for the oldest begins: partitions whose next batches are of the same time take turns.
    private var turn = 0
    private var isClosed = false

    init(
        group: String?, topics: [Topic], start: StartOffset, deliveryBytesMax: Int, coordinator: GroupCoordinator,
        offsets: OffsetStore, timers: TimerWheel, logger: Logger
    ) throws(BrokerError) {
        self.group = group
        self.topics = Dictionary(topics.map { ($0.name, $0) }) { first, _ in first }
        self.start = start
        self.deliveryBytesMax = max(1, deliveryBytesMax)
        self.coordinator = coordinator
        signal = WakeSignal(timers)
        self.offsets = offsets
        self.logger = logger
        let partitions = self.topics.values.flatMap { $0.partitions.map(\.id) }
        (key, id) = try coordinator.join(group, partitions: partitions, signal: signal)
    }

    /// The next event; nil once the member or the broker is closed. A cancelled task gets `.idle` at once.
    package func next(waitingUpTo limit: Duration) async throws(BrokerError) -> MemberEvent? {
        let deadline = ContinuousClock.now + max(.zero, min(limit, Self.waitMax))
        while true {
            // Lowered before looking: what comes while we look raises it again.
            signal.lower()
            guard !isClosed, !coordinator.isClosed else { return nil }
            switch try coordinator.poll(id, in: key) {
            case .revoked(let partitions): return .revoked(partitions)
            case .assigned(let partitions): return .assigned(try begin(partitions))
            case nil: break
            }
            dropLostPartitions()
            if let delivery = try fetch() { return delivery }
            guard await signal.wait(until: deadline) else { return isClosed ? nil : .idle }
        }
    }

    /// Makes positions durable for the group; of an anonymous group it does nothing.
    /// - Throws: `.fenced` where a partition is no longer this member's; nothing is committed then.
    package func commit(_ positions: [TopicPartition: CommittedPosition]) async throws(BrokerError) {
        guard let group, !positions.isEmpty else { return }
        let records = try beginCommit(positions)
        defer { endCommit() }
        try await offsets.commit(records, of: group)
    }

    /// Leaves the group; what was delivered and not committed goes to the partitions' next owners again.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        for cursor in cursors { cursor.partition.unsubscribe(signal) }
        cursors = []
        coordinator.leave(id, in: key)
        signal.raise()
    }

    // MARK: Commits, also those of transactions

    /// Holds the partitions until `endCommit` and returns the positions to write: past what lies behind a delivery and nobody can see.
    func beginCommit(
        _ positions: [TopicPartition: CommittedPosition]
    ) throws(BrokerError) -> [TopicPartition: CommittedPosition] {
        guard !isClosed else { throw BrokerError(.closed, "the member has left its group") }
        for (source, position) in positions { try position.validate(for: source) }
        try coordinator.beginCommit(Array(positions.keys), by: id, in: key)
        var result = positions
        for cursor in cursors where positions[cursor.partition.id]?.offset == cursor.deliveredTo {
            result[cursor.partition.id]?.offset = cursor.position
        }
        return result
    }

    nonisolated func endCommit() { coordinator.endCommit(by: id, in: key) }

    // MARK: Partitions

    private func begin(
        _ partitions: [TopicPartition]
    ) throws(BrokerError) -> [(source: TopicPartition, position: CommittedPosition)] {
        var result: [(source: TopicPartition, position: CommittedPosition)] = []
        cursors.removeAll { partitions.contains($0.partition.id) }
        for source in partitions {
            guard let partition = topics[source.topic]?[source.partition] else {
                throw BrokerError(.unknownTopic, "\(source) does not exist")
            }
            let position = startPosition(in: partition)
            cursors.append(Cursor(partition: partition, position: position.offset, deliveredTo: position.offset))
            partition.subscribe(signal)
            result.append((source, position))
        }
        return result
    }

    private func startPosition(in partition: Partition) -> CommittedPosition {
        let log = partition.log
        if let group, let committed = offsets.position(of: group, in: partition.id) {
            var clamped = committed
            clamped.offset = clamp(committed.offset, in: partition, "committed position")
            return clamped
        }
        let offset =
            switch start {
            case .earliest: log.startOffset
            case .latest: log.lastStableOffset
            }
        let first = coordinator.firstStart(of: partition.id, in: key, default: offset)
        return CommittedPosition(offset: clamp(first, in: partition, "first position"))
    }

    /// The nearest offset the log has; a group whose position is outside has missed records, or the log has lost some.
    private func clamp(_ offset: Int64, in partition: Partition, _ what: String) -> Int64 {
        let range = partition.log.startOffset...max(partition.log.startOffset, partition.log.endOffset)
        guard !range.contains(offset) else { return offset }
        let nearest = min(max(offset, range.lowerBound), range.upperBound)
        logger.warning(
            "\(group ?? "anonymous group"): the \(what) \(offset) in \(partition.id) is outside of its log, \(range); continuing from \(nearest)"
        )
        return nearest
    }

    /// Partitions told to go are gone once this member has polled again; those of a deleted topic are gone at once.
    private func dropLostPartitions() {
        guard !cursors.isEmpty else { return }
        let owned = coordinator.partitions(of: id, in: key)
        guard cursors.contains(where: { !owned.contains($0.partition.id) }) else { return }
        for cursor in cursors where !owned.contains(cursor.partition.id) { cursor.partition.unsubscribe(signal) }
        cursors.removeAll { !owned.contains($0.partition.id) }
    }

    // MARK: Reading

    private func fetch() throws(BrokerError) -> MemberEvent? {
        while true {
            var oldest: (index: Int, time: Int64)?
            for step in 0..<cursors.count {
                let index = (turn + step) % cursors.count
                if cursors[index].timeAhead == nil { try lookAhead(index) }
                guard let time = cursors[index].timeAhead else { continue }
                if let oldest, oldest.time <= time { continue }
                oldest = (index, time)
            }
            guard let index = oldest?.index else { return nil }
            if let delivery = try deliver(index) { return delivery }
        }
    }

    /// Reads the batches at the cursor; nil where they are gone, or not to be seen after all.
    private func deliver(_ index: Int) throws(BrokerError) -> MemberEvent? {
        let bytesMax = max(1, deliveryBytesMax / min(cursors.count, Self.sharedDeliveryDivisorMax))
        let found = try read(index) { (log, position) throws(LogError) in
            try CommittedRead.read(log, from: position, bytesMax: bytesMax)
        }
        cursors[index].timeAhead = nil
        guard let read = found else { return nil }
        let startOffset = cursors[index].position
        cursors[index].position = read.nextOffset
        guard !read.batches.isEmpty else { return nil }
        cursors[index].deliveredTo = read.nextOffset
        turn = index + 1
        let partition = cursors[index].partition
        return .delivery(
            source: partition.id, batches: read.batches, startOffset: startOffset, nextOffset: read.nextOffset,
            endOffset: max(read.nextOffset, partition.log.lastStableOffset),
            readToEnd: cursors.filter { $0.timeAhead == nil && $0.partition.id != partition.id }.map(\.partition.id))
    }

    /// Finds out the time of the records that come next, and passes over what nobody may see.
    private func lookAhead(_ index: Int) throws(BrokerError) {
        while let next = try read(index, CommittedRead.next) {
            switch next {
            case .records(let time):
                cursors[index].timeAhead = time
                return
            case .hidden(let nextOffset): cursors[index].position = nextOffset
            case .end: return
            }
        }
    }

    /// Reads the partition's log at the cursor; nil where the topic was deleted, or the broker closed, since this call of `next` began: the next look at
    /// the group tells.
    private func read<Found>(
        _ index: Int, _ body: (PartitionLog, Int64) throws(LogError) -> Found
    ) throws(BrokerError) -> Found? {
        let partition = cursors[index].partition
        while true {
            let position = clampToStart(index)
            do throws(LogError) {
                return try body(partition.log, position)
            } catch {
                // Retention may pass the position between the check and the read: look again.
                if error.code == .offsetOutOfRange, partition.log.startOffset > position { continue }
                guard error.code == .closed else { throw BrokerError(error, "cannot read \(partition.id)") }
                signal.raise()
                return nil
            }
        }
    }

    private func clampToStart(_ index: Int) -> Int64 {
        let cursor = cursors[index]
        guard cursor.position < cursor.partition.log.startOffset else { return cursor.position }
        let offset = clamp(cursor.position, in: cursor.partition, "next offset")
        cursors[index].position = offset
        return offset
    }
}
