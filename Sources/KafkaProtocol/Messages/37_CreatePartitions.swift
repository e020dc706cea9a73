/// Topics that are to have more partitions. Versions 0 to 3.
package struct CreatePartitionsRequest: KafkaRequest {
    package typealias Response = CreatePartitionsResponse

    package struct Topic: Sendable {
        package let name: String
        /// How many there are to be in all.
        package let count: Int32
        /// The brokers of each new partition; nil where the broker may choose.
        package let assignments: [[Int32]]?
    }

    package let topics: [Topic]
    /// Whether it is only to be checked what could be made.
    package let isTrial: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            let count = try reader.int32()
            let assignments = try reader.nullableArray { (reader) throws(ProtocolError) in
                let brokerIds = try reader.int32Array()
                try reader.endOfStructure()
                return brokerIds
            }
            try reader.endOfStructure()
            return Topic(name: name, count: count, assignments: assignments)
        }
        _ = try reader.int32()  // how long to wait for other brokers
        isTrial = try reader.bool()
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What became of each.
package struct CreatePartitionsResponse: KafkaResponse {
    package struct Topic: Sendable {
        package var name: String
        package var error = ErrorCode.none
        package var message: String?

        package init(name: String) { self.name = name }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(topics) { writer, topic in
            writer.string(topic.name)
            writer.error(topic.error)
            writer.string(topic.message)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
