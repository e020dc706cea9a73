/// Partitions that move between brokers. Version 0. None does: what is asked for is not kept.
package struct ListPartitionReassignmentsRequest: KafkaRequest {
    package typealias Response = ListPartitionReassignmentsResponse

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        _ = try reader.int32()  // how long to wait for other brokers
        _ = try reader.nullableTopics { (reader) throws(ProtocolError) in try reader.int32() }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// None.
package struct ListPartitionReassignmentsResponse: KafkaResponse {
    package init() {}

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(.none)
        writer.string(nil)
        writer.emptyArray()
        writer.endOfStructure()
    }
}
