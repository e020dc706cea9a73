import Records

/// What a broker holds at one moment, for people to look at. The numbers of different partitions are not from the same instant.
package struct BrokerStatus: Sendable, Equatable {
    /// One partition's log.
    package struct PartitionStatus: Sendable, Equatable {
        package var source: TopicPartition
        /// The oldest offset kept.
        package var startOffset: Int64
        /// The offset the next record gets.
        package var endOffset: Int64
        /// Where readers of committed records stop.
        package var lastStableOffset: Int64
        package var sizeInBytes: Int64
        /// Whether a failed write or sync has ended appends.
        package var isReadOnly: Bool
    }

    /// One topic.
    package struct TopicStatus: Sendable, Equatable {
        package var name: String
        package var isInternal: Bool
        package var isCompacted: Bool
        package var partitions: [PartitionStatus]
    }

    /// One group's place in one partition.
    package struct PositionStatus: Sendable, Equatable {
        package var source: TopicPartition
        /// nil before the first commit.
        package var committed: CommittedPosition?
        /// How many offsets lie between the position and the last stable offset; 0 when only markers and aborted records do.
        package var lag: Int64
    }

    /// One consumer group with members or committed positions.
    package struct GroupStatus: Sendable, Equatable {
        package var name: String
        package var memberCount: Int
        package var generation: Int32
        package var positions: [PositionStatus]
        /// The sum over all partitions.
        package var lag: Int64 { positions.reduce(0) { $0 + $1.lag } }
    }

    /// By name.
    package var topics: [TopicStatus]
    /// By name.
    package var groups: [GroupStatus]
}
