import SegmentedLog

/// A batch that is in a partition's log, and may not be durable yet.
package struct PendingAppend: Sendable {
    /// The offset of its first record.
    package let baseOffset: Int64
    /// The offset of its last record.
    package let lastOffset: Int64
    /// The time the log gave its records, in milliseconds since the epoch; nil where they keep their own.
    package let logAppendTimestamp: Int64?
    /// Where the log began then.
    package let logStartOffset: Int64
    /// The log it is in: not that of a topic of the same name made later.
    let log: PartitionLog

    init(_ result: AppendResult, _ log: PartitionLog) {
        baseOffset = result.baseOffset
        lastOffset = result.lastOffset
        logAppendTimestamp = result.logAppendTimestamp
        logStartOffset = result.logStartOffset
        self.log = log
    }
}
