import Records

/// A transaction whose end marker is not in the partition yet.
package struct OpenTransaction: Sendable, Equatable {
    package var producerId: Int64
    package var producerEpoch: Int16
    /// The offset of its first record here.
    package var firstOffset: Int64
}

/// The producers of one partition: a value state machine without I/O. `check` first, then write, then `record`.
struct ProducerTable: Sendable {
    /// What `check` found.
    enum Verdict: Equatable {
        case append
        /// The batch is there already.
        case duplicate(baseOffset: Int64, lastOffset: Int64)
    }

    private(set) var entries: [Int64: ProducerEntry] = [:]
    /// Ascending by first offset: a transaction is added when its first record is, at the end of the log.
    private(set) var open: [OpenTransaction] = []

    init() {}

    init(entries: [Int64: ProducerEntry]) {
        self.entries = entries
        open = entries.compactMap { id, entry in
            entry.transactionFirstOffset.map {
                OpenTransaction(producerId: id, producerEpoch: entry.epoch, firstOffset: $0)
            }
        }.sorted { $0.firstOffset < $1.firstOffset }
    }

    /// Whether a data batch may follow what its producer wrote before.
    func check(_ header: RecordBatchHeader) throws(LogError) -> Verdict {
        guard header.producerId >= 0 else {
            if header.isTransactional { throw LogError(.invalidBatch, "a transactional batch without a producer id") }
            return .append
        }
        guard header.producerEpoch >= 0, header.baseSequence >= 0 || header.isWithoutSequence else {
            throw LogError(.invalidBatch, "producer \(header.producerId) without an epoch or a sequence")
        }
        guard let entry = entries[header.producerId] else { return .append }
        try checkEpoch(header.producerId, header.producerEpoch, entry)
        if header.isWithoutSequence {
            // A coordinator's positions: nobody sends them twice as the same batch.
        } else if header.producerEpoch == entry.epoch {
            let last = ProducerSequence.advanced(header.baseSequence, by: header.lastOffsetDelta)
            if let found = entry.duplicate(baseSequence: header.baseSequence, lastSequence: last) {
                return .duplicate(baseOffset: found.baseOffset, lastOffset: found.lastOffset)
            }
            try expect(ProducerSequence.advanced(entry.lastSequence, by: 1), header)
        } else {
            try expect(0, header)
        }
        if entry.transactionFirstOffset != nil, !header.isTransactional {
            throw LogError(
                .invalidTransactionState,
                "producer \(header.producerId) has an open transaction and wrote outside of it")
        }
        return .append
    }

    private func expect(_ sequence: Int32, _ header: RecordBatchHeader) throws(LogError) {
        guard header.baseSequence != sequence else { return }
        throw LogError(
            .outOfOrderSequence,
            "producer \(header.producerId) epoch \(header.producerEpoch): sequence \(header.baseSequence) where \(sequence) was due"
        )
    }

    private func checkEpoch(_ producerId: Int64, _ epoch: Int16, _ entry: ProducerEntry) throws(LogError) {
        guard epoch < entry.epoch else { return }
        throw LogError(
            .producerFenced, "producer \(producerId) epoch \(epoch) is fenced by epoch \(entry.epoch)")
    }

    /// Takes in a data batch that is in the log now.
    mutating func record(_ header: RecordBatchHeader, now: Int64) {
        guard header.producerId >= 0 else { return }
        var entry = entries[header.producerId] ?? ProducerEntry(epoch: header.producerEpoch, lastSeen: now)
        if entry.epoch != header.producerEpoch {
            entry.epoch = header.producerEpoch
            entry.batches.removeAll(keepingCapacity: true)
        }
        if !header.isWithoutSequence {
            if entry.batches.count == ProducerEntry.batchesMax { entry.batches.removeFirst() }
            entry.batches.append(
                ProducerEntry.Batch(
                    lastSequence: ProducerSequence.advanced(header.baseSequence, by: header.lastOffsetDelta),
                    lastOffset: header.lastOffset, offsetDelta: header.lastOffsetDelta, timestamp: header.maxTimestamp))
        }
        entry.lastSeen = now
        if header.isTransactional, entry.transactionFirstOffset == nil {
            entry.transactionFirstOffset = header.baseOffset
            open.append(
                OpenTransaction(
                    producerId: header.producerId, producerEpoch: header.producerEpoch, firstOffset: header.baseOffset))
        }
        entries[header.producerId] = entry
    }

    /// Whether a marker of this producer may be written, and what it would end.
    func checkMarker(producerId: Int64, producerEpoch: Int16) throws(LogError) -> OpenTransaction? {
        guard producerId >= 0, producerEpoch >= 0 else {
            throw LogError(.invalidBatch, "a marker without a producer id or an epoch")
        }
        if let entry = entries[producerId] { try checkEpoch(producerId, producerEpoch, entry) }
        return open.first { $0.producerId == producerId }
    }

    /// The last stable offset once `transaction` is over, when its marker is at `markerOffset`.
    func lastStableOffset(after transaction: OpenTransaction, markerOffset: Int64) -> Int64 {
        open.first { $0.producerId != transaction.producerId }?.firstOffset ?? markerOffset + 1
    }

    /// Takes in a marker that is in the log now.
    mutating func recordMarker(producerId: Int64, producerEpoch: Int16, offset: Int64, now: Int64) {
        var entry = entries[producerId] ?? ProducerEntry(epoch: producerEpoch, lastSeen: now)
        if producerEpoch > entry.epoch {
            entry.epoch = producerEpoch
            entry.batches.removeAll(keepingCapacity: true)
        }
        entry.transactionFirstOffset = nil
        entry.lastMarkerOffset = offset
        entry.lastSeen = now
        entries[producerId] = entry
        open.removeAll { $0.producerId == producerId }
    }

    /// Forgets producers without an open transaction that were last heard of before `time`.
    mutating func expire(before time: Int64) {
        entries = entries.filter { $0.value.transactionFirstOffset != nil || $0.value.lastSeen >= time }
    }
}

extension RecordBatchHeader {
    /// Positions that a coordinator writes in a producer's transaction have no sequence number, in Kafka too.
    fileprivate var isWithoutSequence: Bool { baseSequence == -1 && isTransactional }
}
