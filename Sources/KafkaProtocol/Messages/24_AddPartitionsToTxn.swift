/// Makes partitions part of a transaction. Versions 0 to 3; from 4 on only brokers ask among themselves.
package struct AddPartitionsToTxnRequest: KafkaRequest {
    package typealias Response = AddPartitionsToTxnResponse

    package struct Topic: Sendable {
        package let name: String
        package let partitions: [Int32]
    }

    package let transactionalId: String
    package let producerId: Int64
    package let producerEpoch: Int16
    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        transactionalId = try reader.string()
        producerId = try reader.int64()
        producerEpoch = try reader.int16()
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            let partitions = try reader.array { (reader) throws(ProtocolError) in try reader.int32() }
            try reader.endOfStructure()
            return Topic(name: name, partitions: partitions)
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// All of them, or none.
package struct AddPartitionsToTxnResponse: KafkaResponse {
    package struct Topic: Sendable {
        package var name: String
        package var partitions: [Partition]

        package init(name: String, partitions: [Partition]) {
            self.name = name
            self.partitions = partitions
        }
    }

    package struct Partition: Sendable {
        package var index: Int32
        package var error: ErrorCode

        package init(index: Int32, error: ErrorCode) {
            self.index = index
            self.error = error
        }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
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
