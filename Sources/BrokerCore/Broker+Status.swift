import Records
import SegmentedLog

extension Broker {
    /// How much of a partition is read to find out whether anything visible lies behind a position.
    private static let lagReadBytesMax = 1 << 16

    /// The topics and groups as they are now.
    package func status() -> BrokerStatus {
        BrokerStatus(
            topics: topics.map { topic in
                BrokerStatus.TopicStatus(
                    name: topic.name, isInternal: topic.isInternal, isCompacted: topic.isCompacted,
                    partitions: topic.partitions.map(Self.status))
            },
            groups: groupNames.map(groupStatus))
    }

    /// The groups with members or committed positions.
    package var groupNames: [String] { Set(groups.snapshot().keys).union(offsets.groups).sorted() }

    /// How far the group is behind, summed over the partitions it has positions in or subscribes to.
    package func lag(group: String) -> Int64 { groupStatus(group).lag }

    /// The group's durable positions.
    package func committed(group: String) -> [TopicPartition: CommittedPosition] { offsets.positions(of: group) }

    private func groupStatus(_ name: String) -> BrokerStatus.GroupStatus {
        let live = groups.snapshot()[name]
        let committed = offsets.positions(of: name)
        let sources = Set(committed.keys).union(live?.subscribed ?? [])
        let positions = sources.sorted().compactMap { source -> BrokerStatus.PositionStatus? in
            guard let log = log(of: source) else { return nil }
            let position = committed[source]?.offset ?? live?.firstStarts[source] ?? log.startOffset
            return BrokerStatus.PositionStatus(
                source: source, committed: committed[source], lag: Self.lag(of: position, in: log))
        }
        return BrokerStatus.GroupStatus(
            name: name, memberCount: live?.memberCount ?? 0, generation: live?.generation ?? 0, positions: positions)
    }

    private static func status(_ partition: Partition) -> BrokerStatus.PartitionStatus {
        let log = partition.log
        return BrokerStatus.PartitionStatus(
            source: partition.id, startOffset: log.startOffset, endOffset: log.endOffset,
            lastStableOffset: log.lastStableOffset, sizeInBytes: log.sizeInBytes, isReadOnly: log.isReadOnly)
    }

    private static func lag(of position: Int64, in log: PartitionLog) -> Int64 {
        let end = log.lastStableOffset
        let start = max(position, log.startOffset)
        guard start < end else { return 0 }
        // A read that fails leaves the plain distance: a lag shown too large is the smaller error.
        guard let read = try? CommittedRead.read(log, from: start, bytesMax: lagReadBytesMax) else {
            return end - start
        }
        return read.batches.first.map { max(0, end - max(start, $0.baseOffset)) } ?? 0
    }
}
