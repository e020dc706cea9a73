/// An id for a producer whose batches are to be taken once. Versions 0 to 5.
package struct InitProducerIdRequest: KafkaRequest {
    package typealias Response = InitProducerIdResponse

    package let transactionalId: String?
    /// How long its transactions may last.
    package let timeoutMilliseconds: Int32
    /// The id that the producer has; -1 for none.
    package let producerId: Int64
    package let producerEpoch: Int16

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        transactionalId = try reader.nullableString()
        timeoutMilliseconds = try reader.int32()
        producerId = version >= 3 ? try reader.int64() : -1
        producerEpoch = version >= 3 ? try reader.int16() : -1
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The id, and the epoch to begin with.
package struct InitProducerIdResponse: KafkaResponse {
    package var error = ErrorCode.none
    package var producerId: Int64 = -1
    package var producerEpoch: Int16 = -1

    package init() {}

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(error)
        writer.int64(producerId)
        writer.int16(producerEpoch)
        writer.endOfStructure()
    }
}
