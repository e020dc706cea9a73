/// Positions of a group are to be forgotten. Version 0.
package struct OffsetDeleteRequest: KafkaRequest {
    package typealias Response = OffsetDeleteResponse

    package let group: String
    package let topics: [(name: String, partitions: [Int32])]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        group = try reader.string()
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            let partitions = try reader.array { (reader) throws(ProtocolError) in try reader.int32() }
            try reader.endOfStructure()
            return (name, partitions)
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Which of them are.
package struct OffsetDeleteResponse: KafkaResponse {
    package struct Topic: Sendable {
        package var name: String
        package var partitions: [(index: Int32, error: ErrorCode)]

        package init(name: String, partitions: [(index: Int32, error: ErrorCode)]) {
            self.name = name
            self.partitions = partitions
        }
    }

    /// Of the request as a whole.
    package var error = ErrorCode.none
    package var topics: [Topic] = []

    package init() {}

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.error(error)
        writer.int32(0)  // how long the client is throttled, in milliseconds
        writer.array(topics) { writer, topic in
            writer.string(topic.name)
            writer.array(topic.partitions) { writer, partition in
                writer.int32(partition.index)
                writer.error(partition.error)
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
