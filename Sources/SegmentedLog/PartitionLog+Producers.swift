/// A producer that has written to a partition and is not forgotten.
package struct ProducerStatus: Sendable, Equatable {
    package var id: Int64
    package var epoch: Int16
    /// The sequence of its last record; -1 before the first of its epoch.
    package var lastSequence: Int32
    /// When the log last heard of it, in milliseconds since the epoch.
    package var lastSeen: Int64
    /// Where its open transaction begins.
    package var transactionFirstOffset: Int64?
}

extension PartitionLog {
    /// The producers that have written here, ascending by id.
    package var producers: [ProducerStatus] {
        state.withLock { $0.producers.entries }.map { id, entry in
            ProducerStatus(
                id: id, epoch: entry.epoch, lastSequence: entry.lastSequence, lastSeen: entry.lastSeen,
                transactionFirstOffset: entry.transactionFirstOffset)
        }.sorted { $0.id < $1.id }
    }
}
