/// Makes a group's positions part of a transaction. Versions 0 to 4.
package struct AddOffsetsToTxnRequest: KafkaRequest {
    package typealias Response = AddOffsetsToTxnResponse

    package let transactionalId: String
    package let producerId: Int64
    package let producerEpoch: Int16
    package let groupId: String

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        transactionalId = try reader.string()
        producerId = try reader.int64()
        producerEpoch = try reader.int16()
        groupId = try reader.string()
        try reader.endOfStructure()
        try reader.end()
    }
}

/// An error, or none: the answer to AddOffsetsToTxn and to EndTxn.
package struct AddOffsetsToTxnResponse: KafkaResponse {
    package var error: ErrorCode

    package init(error: ErrorCode) { self.error = error }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(error)
        writer.endOfStructure()
    }
}
