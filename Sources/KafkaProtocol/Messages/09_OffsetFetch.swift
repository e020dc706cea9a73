/// The positions of groups. Versions 1 to 10; from 8 on of several groups at once.
package struct OffsetFetchRequest: KafkaRequest {
    package typealias Response = OffsetFetchResponse

    package struct Group: Sendable {
        package let id: String
        /// Nil for all that the group has.
        package let topics: [Topic]?
    }

    package struct Topic: Sendable {
        /// Empty where the topic is asked for by its id.
        package let name: String
        package let id: TopicID
        package let partitions: [Int32]
    }

    package let groups: [Group]
    /// Whether a position is to be refused while a transaction that is not over may change it (KIP-447).
    package let requiresStable: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        if version < 8 {
            let id = try reader.string()
            groups = [Group(id: id, topics: try Self.topics(&reader, version))]
        } else {
            groups = try reader.array { (reader) throws(ProtocolError) in
                let id = try reader.string()
                if version >= 9 {
                    // Who asks, of the newer group protocol only.
                    _ = try reader.nullableString()
                    _ = try reader.int32()
                }
                let topics = try Self.topics(&reader, version)
                try reader.endOfStructure()
                return Group(id: id, topics: topics)
            }
        }
        requiresStable = version >= 7 ? try reader.bool() : false
        try reader.endOfStructure()
        // librdkafka 2.0.2 asks for all topics by four zero bytes where the null of a flexible version has one.
        try reader.end(orZeros: groups.first?.topics == nil && (6...7).contains(version) ? 3 : 0)
    }

    private static func topics(_ reader: inout FrameReader, _ version: Int16) throws(ProtocolError) -> [Topic]? {
        let topics = try reader.nullableArray { (reader) throws(ProtocolError) in
            let name = version < 10 ? try reader.string() : ""
            let id = version >= 10 ? try reader.topicID() : .none
            let partitions = try reader.array { (reader) throws(ProtocolError) in try reader.int32() }
            try reader.endOfStructure()
            return Topic(name: name, id: id, partitions: partitions)
        }
        // Version 1 cannot say null, and means none by an empty array.
        return version == 1 ? topics ?? [] : topics
    }
}

/// The positions; -1 and no error where there is none.
package struct OffsetFetchResponse: KafkaResponse {
    package struct Group: Sendable {
        package var id: String
        package var error = ErrorCode.none
        package var topics: [Topic] = []

        package init(id: String) { self.id = id }
    }

    package struct Topic: Sendable {
        package var name: String
        package var id: TopicID
        package var partitions: [Partition]

        package init(name: String, id: TopicID, partitions: [Partition]) {
            self.name = name
            self.id = id
            self.partitions = partitions
        }
    }

    package struct Partition: Sendable {
        package var index: Int32
        package var offset: Int64 = -1
        package var leaderEpoch: Int32 = -1
        package var metadata = ""
        package var error = ErrorCode.none

        package init(index: Int32) { self.index = index }
    }

    package var groups: [Group]

    package init(groups: [Group]) { self.groups = groups }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 3 { writer.throttleTime() }
        if version >= 8 {
            writer.array(groups) { writer, group in
                writer.string(group.id)
                write(group.topics, to: &writer, version)
                writer.error(group.error)
                writer.endOfStructure()
            }
        } else if let group = groups.first {
            write(group.topics, to: &writer, version)
            if version >= 2 { writer.error(group.error) }
        }
        writer.endOfStructure()
    }

    private func write(_ topics: [Topic], to writer: inout FrameWriter, _ version: Int16) {
        writer.array(topics) { writer, topic in
            if version < 10 { writer.string(topic.name) } else { writer.topicID(topic.id) }
            writer.array(topic.partitions) { writer, partition in
                writer.int32(partition.index)
                writer.int64(partition.offset)
                if version >= 5 { writer.int32(partition.leaderEpoch) }
                writer.string(partition.metadata)
                writer.error(partition.error)
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
    }
}
