import Compression

/// What a control batch says about its producer's transaction.
package enum ControlType: Int16, Sendable {
    /// The transaction's records are to be left out by readers of committed records.
    case abort = 0
    /// The transaction's records are valid.
    case commit = 1
}

extension RecordBatch {
    /// The marker that ends a transaction: one record whose key is version and type, and whose value is version and coordinator epoch.
    /// - Parameter timestamp: milliseconds since the epoch.
    package static func controlMarker(
        commit: Bool, producerId: Int64, producerEpoch: Int16, coordinatorEpoch: Int32, timestamp: Int64
    ) -> RecordBatch {
        let type: ControlType = commit ? .commit : .abort
        let epoch = UInt32(bitPattern: coordinatorEpoch)
        let key: [UInt8] = [0, 0, 0, UInt8(type.rawValue)]
        let value: [UInt8] = [0, 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: epoch >> $0) }
        // Zigzag doubles these lengths. The record: its length; attributes, timestamp delta and offset delta, all 0; key; value; no headers.
        let fields: [UInt8] = [0, 0, 0] + [UInt8(key.count * 2)] + key + [UInt8(value.count * 2)] + value + [0]
        var header = RecordBatchHeader(
            compression: .none, recordCount: 1, baseTimestamp: timestamp, maxTimestamp: timestamp)
        header.attributes = RecordBatchHeader.transactionalBit | RecordBatchHeader.controlBit
        header.producerId = producerId
        header.producerEpoch = producerEpoch
        return RecordBatch(sealing: header, body: [UInt8(fields.count * 2)] + fields)
    }

    /// What the marker says; nil for a batch that is not a control batch or is of a type unknown here.
    package var controlType: ControlType? {
        guard header.isControl, let decoded = try? records(), let marker = decoded.first,
            let key = marker.key, key.count >= 4
        else { return nil }
        let bytes = decoded.bytes(key)
        return ControlType(rawValue: Int16(bytes[key.lowerBound + 2]) << 8 | Int16(bytes[key.lowerBound + 3]))
    }
}
