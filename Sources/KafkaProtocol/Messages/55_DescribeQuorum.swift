/// Who decides about the cluster. Versions 0 to 2.
package struct DescribeQuorumRequest: KafkaRequest {
    package typealias Response = DescribeQuorumResponse
    package typealias Topic = NamedTopic<Int32>

    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        topics = try reader.topics { (reader) throws(ProtocolError) in
            let index = try reader.int32()
            try reader.endOfStructure()
            return index
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// One broker, which is the whole quorum.
package struct DescribeQuorumResponse: KafkaResponse {
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package var index: Int32
        package var error = ErrorCode.none

        package init(index: Int32, error: ErrorCode) {
            self.index = index
            self.error = error
        }
    }

    /// What the broker is called here, and where it is.
    package struct Node: Sendable {
        package var id: Int32
        package var host: String
        package var port: UInt16

        package init(id: Int32, host: String, port: UInt16) {
            self.id = id
            self.host = host
            self.port = port
        }
    }

    package var node: Node
    package var topics: [Topic]
    /// When this is said, in milliseconds since the epoch.
    package var now: Int64

    package init(node: Node, topics: [Topic], now: Int64) {
        self.node = node
        self.topics = topics
        self.now = now
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.error(.none)
        if version >= 2 { writer.string(nil) }
        writer.topics(topics) { writer, partition in write(partition, to: &writer, version: version) }
        if version >= 2 {
            writer.array([node]) { writer, node in
                writer.int32(node.id)
                writer.array([node]) { writer, node in
                    writer.string("PLAINTEXT")
                    writer.string(node.host)
                    writer.int16(Int16(bitPattern: node.port))
                    writer.endOfStructure()
                }
                writer.endOfStructure()
            }
        }
        writer.endOfStructure()
    }

    private func write(_ partition: Partition, to writer: inout FrameWriter, version: Int16) {
        writer.int32(partition.index)
        writer.error(partition.error)
        if version >= 2 { writer.string(nil) }
        let isKnown = partition.error == .none
        writer.int32(isKnown ? node.id : -1)  // the leader
        writer.int32(0)  // its epoch: there has never been another
        writer.int64(0)  // what is decided is in no log here
        writer.array(isKnown ? [node.id] : []) { writer, id in
            writer.int32(id)
            if version >= 2 { writer.topicID(.none) }  // the voter's directory
            writer.int64(0)
            if version >= 1 {
                writer.int64(now)
                writer.int64(now)
            }
            writer.endOfStructure()
        }
        writer.emptyArray()  // those who listen and do not vote
        writer.endOfStructure()
    }
}
