/// Topics to delete. Versions 1 to 6.
package struct DeleteTopicsRequest: KafkaRequest {
    package typealias Response = DeleteTopicsResponse

    package struct Topic: Sendable {
        /// Nil where the topic is meant by its id.
        package let name: String?
        package let id: TopicID
    }

    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        topics = try reader.array { (reader) throws(ProtocolError) in
            guard version >= 6 else { return Topic(name: try reader.string(), id: .none) }
            let topic = Topic(name: try reader.nullableString(), id: try reader.topicID())
            try reader.endOfStructure()
            return topic
        }
        _ = try reader.int32()  // how long to wait for other brokers
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What became of each.
package struct DeleteTopicsResponse: KafkaResponse {
    package struct Topic: Sendable {
        package var name: String?
        package var id: TopicID
        package var error = ErrorCode.none
        package var message: String?

        package init(name: String?, id: TopicID) {
            self.name = name
            self.id = id
        }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(topics) { writer, topic in
            // A name can be null from version 6 on.
            writer.string(version >= 6 ? topic.name : topic.name ?? "")
            if version >= 6 { writer.topicID(topic.id) }
            writer.error(topic.error)
            if version >= 5 { writer.string(topic.message) }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
