import Records

/// The producer table at one offset (`.snapshot`), in Kafka's version 1: it saves replaying the log from its start.
///
/// Kafka keeps one batch per producer. Here every batch that the table holds has an entry, the newest last, so that after a restart as well a client that
/// sends all of its requests in flight again is told that they are there: with the newest batch alone the older ones would look out of order. Kafka reads
/// such a file too: of several entries with one id the last counts.
enum ProducerSnapshot {
    private static let version: Int16 = 1
    private static let headerBytes = 10
    private static let entryBytes = 46

    static func encode(_ table: ProducerTable) -> [UInt8] {
        var body: [UInt8] = []
        let rows = table.entries.values.reduce(0) { $0 + max(1, $1.batches.count) }
        body.reserveCapacity(4 + rows * entryBytes)
        body.appendBigEndian(Int32(truncatingIfNeeded: rows))
        for (producerId, entry) in table.entries.sorted(by: { $0.key < $1.key }) {
            for batch in entry.batches { append(batch, of: entry, producerId, to: &body) }
            if entry.batches.isEmpty { append(nil, of: entry, producerId, to: &body) }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(6 + body.count)
        bytes.appendBigEndian(version)
        bytes.appendBigEndian(body.withUnsafeBytes { CRC32C.checksum($0) })
        bytes.append(contentsOf: body)
        return bytes
    }

    private static func append(
        _ batch: ProducerEntry.Batch?, of entry: ProducerEntry, _ producerId: Int64, to body: inout [UInt8]
    ) {
        body.appendBigEndian(producerId)
        body.appendBigEndian(entry.epoch)
        body.appendBigEndian(batch?.lastSequence ?? -1)
        body.appendBigEndian(batch?.lastOffset ?? -1)
        body.appendBigEndian(batch?.offsetDelta ?? 0)
        body.appendBigEndian(entry.lastSeen)
        body.appendBigEndian(Int32(-1))
        body.appendBigEndian(entry.transactionFirstOffset ?? -1)
    }

    /// The table in `bytes`; nil when they are not a snapshot of this version with a right checksum.
    static func decode(_ bytes: [UInt8]) -> ProducerTable? {
        bytes.withUnsafeBytes { buffer in
            guard buffer.count >= headerBytes, buffer.bigEndian(at: 0, as: Int16.self) == version else { return nil }
            let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer[6...]))
            guard buffer.bigEndian(at: 2, as: UInt32.self) == checksum else { return nil }
            let count = Int(buffer.bigEndian(at: 6, as: Int32.self))
            guard count >= 0, buffer.count - headerBytes == count * entryBytes else { return nil }
            var entries: [Int64: ProducerEntry] = [:]
            for index in 0..<count {
                let start = headerBytes + index * entryBytes
                let producerId = buffer.bigEndian(at: start, as: Int64.self)
                var entry = decodeEntry(buffer, at: start)
                if let older = entries[producerId], older.epoch == entry.epoch {
                    entry.batches = Array((older.batches + entry.batches).suffix(ProducerEntry.batchesMax))
                }
                entries[producerId] = entry
            }
            return ProducerTable(entries: entries)
        }
    }

    private static func decodeEntry(_ buffer: UnsafeRawBufferPointer, at start: Int) -> ProducerEntry {
        let lastSequence = buffer.bigEndian(at: start + 10, as: Int32.self)
        let lastOffset = buffer.bigEndian(at: start + 14, as: Int64.self)
        let offsetDelta = buffer.bigEndian(at: start + 22, as: Int32.self)
        let timestamp = buffer.bigEndian(at: start + 26, as: Int64.self)
        let firstOffset = buffer.bigEndian(at: start + 38, as: Int64.self)
        var entry = ProducerEntry(epoch: buffer.bigEndian(at: start + 8, as: Int16.self), lastSeen: timestamp)
        if lastOffset >= 0, lastSequence >= 0, offsetDelta >= 0 {
            entry.batches = [
                ProducerEntry.Batch(
                    lastSequence: lastSequence, lastOffset: lastOffset, offsetDelta: offsetDelta, timestamp: timestamp)
            ]
        }
        entry.transactionFirstOffset = firstOffset >= 0 ? firstOffset : nil
        return entry
    }
}
