import Records

/// The producer table at one offset (`.snapshot`), in Kafka's version 1: it saves replaying the log from its start.
///
/// Like Kafka's it keeps one batch per producer, so after a crash only the newest batch is recognised as a duplicate until four more were written.
enum ProducerSnapshot {
    private static let version: Int16 = 1
    private static let headerBytes = 10
    private static let entryBytes = 46

    static func encode(_ table: ProducerTable) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(4 + table.entries.count * entryBytes)
        body.appendBigEndian(Int32(truncatingIfNeeded: table.entries.count))
        for (producerId, entry) in table.entries.sorted(by: { $0.key < $1.key }) {
            let last = entry.batches.last
            body.appendBigEndian(producerId)
            body.appendBigEndian(entry.epoch)
            body.appendBigEndian(last?.lastSequence ?? -1)
            body.appendBigEndian(last?.lastOffset ?? -1)
            body.appendBigEndian(last?.offsetDelta ?? 0)
            body.appendBigEndian(entry.lastSeen)
            body.appendBigEndian(Int32(-1))
            body.appendBigEndian(entry.transactionFirstOffset ?? -1)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(6 + body.count)
        bytes.appendBigEndian(version)
        bytes.appendBigEndian(body.withUnsafeBytes { CRC32C.checksum($0) })
        bytes.append(contentsOf: body)
        return bytes
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
                entries[buffer.bigEndian(at: start, as: Int64.self)] = decodeEntry(buffer, at: start)
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
