/// Positions of a group are to be forgotten. Version 0.
package struct OffsetDeleteRequest: KafkaRequest {
    package typealias Response = OffsetDeleteResponse
    package typealias Topic = NamedTopic<Int32>

    package let group: String
    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        group = try reader.string()
        topics = try reader.topics { (reader) throws(ProtocolError) in try reader.int32() }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Which of them are.
package struct OffsetDeleteResponse: KafkaResponse {
    package typealias Topic = NamedTopic<(index: Int32, error: ErrorCode)>

    /// Of the request as a whole.
    package var error = ErrorCode.none
    package var topics: [Topic] = []

    package init() {}

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.error(error)
        writer.throttleTime()
        writer.topics(topics) { writer, partition in
            writer.int32(partition.index)
            writer.error(partition.error)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
