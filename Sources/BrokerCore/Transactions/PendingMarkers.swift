import Logging
import Records
import SegmentedLog

/// The end of one transaction in one partition.
struct TransactionMarker: Sendable {
    let partition: Partition
    let identity: ProducerIdentity
    let isCommit: Bool
}

/// Markers that are decided and not yet in their logs, for want of room on the disk.
///
/// A marker is never dropped for that: it is tried again until it is written. One whose partition refuses writes for good (a failed fsync, a deleted
/// topic) is dropped: opening the data directory decides the transaction there in the same way.
struct PendingMarkers {
    /// How long to wait for room between attempts.
    static let retryPause = Duration.milliseconds(200)

    private(set) var markers: [TransactionMarker] = []

    var isEmpty: Bool { markers.isEmpty }

    func contains(_ source: TopicPartition) -> Bool { markers.contains { $0.partition.id == source } }

    func contains(_ identity: ProducerIdentity) -> Bool { markers.contains { $0.identity == identity } }

    /// Tries to write those that wait and then the new ones; what finds no room stays.
    /// - Returns: what was written, to be made durable, and the errors of the markers that were dropped.
    mutating func write(
        _ new: [TransactionMarker] = []
    ) -> (written: [(PartitionLog, through: Int64)], failures: [LogError]) {
        var written: [(PartitionLog, through: Int64)] = []
        var failures: [LogError] = []
        var left: [TransactionMarker] = []
        for marker in markers + new {
            let log = marker.partition.log
            do throws(LogError) {
                let offset = try log.appendMarker(
                    commit: marker.isCommit, producerId: marker.identity.id, producerEpoch: marker.identity.epoch)
                written.append((log, through: offset))
            } catch {
                if error.code == .diskFull { left.append(marker) } else { failures.append(error) }
            }
        }
        markers = left
        return (written, failures)
    }
}
