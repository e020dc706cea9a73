import BinderKit
import Records

/// How far one worker has come in the partitions it owns.
struct PartitionProgress {
    private struct Place {
        /// The next offset to process.
        var next: Int64
        /// Where the partition ends as far as is known; nil until it was first read.
        var end: Int64?
        /// What the group has committed.
        var committed: InputPosition
    }

    private var places: [TopicPartition: Place] = [:]

    /// Partitions are the worker's now.
    mutating func assign(_ positions: [InputPosition]) {
        for position in positions {
            places[position.source] = Place(next: position.offset, end: nil, committed: position)
        }
    }

    /// Partitions are the worker's no longer.
    mutating func revoke(_ partitions: [TopicPartition]) {
        for partition in partitions {
            places[partition] = nil
        }
    }

    /// Records before `next` are processed.
    mutating func advance(_ partition: TopicPartition, to next: Int64, of end: Int64) {
        let committed = places[partition]?.committed ?? InputPosition(source: partition, offset: -1)
        places[partition] = Place(next: next, end: end, committed: committed)
    }

    /// Nothing is left to read in any partition.
    mutating func reachedEnd() {
        places = places.mapValues { place in
            Place(next: place.next, end: place.next, committed: place.committed)
        }
    }

    /// Nothing is left to read in these partitions at present.
    mutating func reachedEnd(_ partitions: [TopicPartition]) {
        for partition in partitions {
            guard let next = places[partition]?.next else { continue }
            places[partition]?.end = next
        }
    }

    /// Partitions with unread records, or not read yet.
    var lagging: Set<TopicPartition> {
        Set(places.lazy.filter { $0.value.end != $0.value.next }.map(\.key))
    }

    /// How many offsets lie between what was processed and the partitions' known ends.
    var lag: Int64 {
        places.values.reduce(0) { $0 + max(0, ($1.end ?? $1.next) - $1.next) }
    }

    /// The positions the stage lets be committed and that are not.
    func uncommitted(_ stage: any Stage) -> [InputPosition] {
        places.compactMap { partition, place in
            let position = stage.position(of: partition, next: place.next)
            return position == place.committed ? nil : position
        }
    }

    /// The positions are durable.
    mutating func committed(_ positions: [InputPosition]) {
        for position in positions {
            places[position.source]?.committed = position
        }
    }

    /// Whether the stage needs nothing of what it has read any more.
    func isDone(_ stage: any Stage) -> Bool {
        places.allSatisfy { stage.position(of: $0, next: $1.next).offset == $1.next }
    }
}
