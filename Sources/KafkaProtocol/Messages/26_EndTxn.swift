/// Commits or aborts a transaction. Versions 0 to 4: 5 is that of `transaction.version` 2 (KIP-890), which is not offered.
/// The answer is that of AddOffsetsToTxn.
package struct EndTxnRequest: KafkaRequest {
    package typealias Response = AddOffsetsToTxnResponse

    package let transactionalId: String
    package let producerId: Int64
    package let producerEpoch: Int16
    package let isCommit: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        transactionalId = try reader.string()
        producerId = try reader.int64()
        producerEpoch = try reader.int16()
        isCommit = try reader.bool()
        try reader.endOfStructure()
        try reader.end()
    }
}
