/// One record within a `DecodedRecords`: its offset and timestamp, and where its bytes stand in the payload.
public struct RecordView: Sendable {
    /// The offset in the partition.
    public let offset: Int64
    /// Milliseconds since the epoch.
    public let timestamp: Int64
    /// Where the key stands in the payload; nil for a null key.
    public let key: Range<Int>?
    /// Where the value stands in the payload; nil for a null value (in a compacted topic: a deletion).
    public let value: Range<Int>?
    /// Where the encoded headers stand in the payload, without their count.
    public let headers: Range<Int>
    /// How many headers there are.
    public let headerCount: Int
    /// Where the whole encoded record stands in the payload, with its length prefix. The bytes do not depend on the batch's base offset.
    package let encoded: Range<Int>
}
