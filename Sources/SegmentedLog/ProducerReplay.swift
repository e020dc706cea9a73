import Records

/// Brings one producer table from a snapshot's offset forward, batch by batch.
struct ProducerReplay {
    /// The table stands for everything below.
    let from: Int64
    private(set) var table: ProducerTable
    private let now: Int64

    init(from: Int64, table: ProducerTable, now: Int64) {
        self.from = from
        self.table = table
        self.now = now
    }

    /// Takes in the next batch; returns the transaction it aborts, if it is the marker of one.
    mutating func apply(_ batch: RecordBatch) -> AbortedTransaction? {
        let header = batch.header
        guard header.baseOffset >= from, header.producerId >= 0 else { return nil }
        guard header.isControl else {
            table.record(header, now: now)
            return nil
        }
        let open = table.open.first { $0.producerId == header.producerId }
        let aborted = open.flatMap { open in
            batch.controlType == .abort
                ? AbortedTransaction(
                    producerId: header.producerId, firstOffset: open.firstOffset, lastOffset: header.lastOffset,
                    lastStableOffset: table.lastStableOffset(after: open, markerOffset: header.lastOffset))
                : nil
        }
        table.recordMarker(
            producerId: header.producerId, producerEpoch: header.producerEpoch, offset: header.lastOffset, now: now)
        return aborted
    }
}

/// The two replays of a recovery. They differ because compacted segments tell nothing about producers: the table must come from the newest
/// snapshot, while the transaction index of a segment that is rebuilt needs the producers as they were at its start.
struct RecoveryReplay {
    private var forIndexes: ProducerReplay
    private var forTable: ProducerReplay

    /// Replays nothing.
    init(now: Int64) {
        forIndexes = ProducerReplay(from: .max, table: ProducerTable(), now: now)
        forTable = forIndexes
    }

    init(forIndexes: ProducerReplay, forTable: ProducerReplay) {
        self.forIndexes = forIndexes
        self.forTable = forTable
    }

    /// Batches below tell neither anything.
    var from: Int64 { min(forIndexes.from, forTable.from) }
    /// The producers after the last batch.
    var table: ProducerTable { forTable.table }

    /// Takes in the next batch; returns the transaction it aborts, if it is the marker of one.
    mutating func apply(_ batch: RecordBatch) -> AbortedTransaction? {
        _ = forTable.apply(batch)
        return forIndexes.apply(batch)
    }
}
