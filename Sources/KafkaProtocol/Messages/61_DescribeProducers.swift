/// Who has written to partitions. Version 0.
package struct DescribeProducersRequest: KafkaRequest {
    package typealias Response = DescribeProducersResponse
    package typealias Topic = NamedTopic<Int32>

    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        topics = try reader.topics { (reader) throws(ProtocolError) in try reader.int32() }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The producers that each partition remembers.
package struct DescribeProducersResponse: KafkaResponse {
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package var index: Int32
        package var error = ErrorCode.none
        package var producers: [Producer] = []

        package init(index: Int32) { self.index = index }
    }

    package struct Producer: Sendable {
        package var id: Int64
        package var epoch: Int16
        package var lastSequence: Int32
        /// In milliseconds since the epoch.
        package var lastTimestamp: Int64
        /// The offset at which its open transaction begins; -1 for none.
        package var transactionStartOffset: Int64

        package init(
            id: Int64, epoch: Int16, lastSequence: Int32, lastTimestamp: Int64, transactionStartOffset: Int64
        ) {
            self.id = id
            self.epoch = epoch
            self.lastSequence = lastSequence
            self.lastTimestamp = lastTimestamp
            self.transactionStartOffset = transactionStartOffset
        }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.topics(topics) { writer, partition in
            writer.int32(partition.index)
            writer.error(partition.error)
            writer.string(nil)  // what is wrong, where the error does not say it
            writer.array(partition.producers) { writer, producer in
                writer.int64(producer.id)
                writer.int32(Int32(producer.epoch))
                writer.int32(producer.lastSequence)
                writer.int64(producer.lastTimestamp)
                writer.int32(0)  // the coordinator's epoch: there has never been another
                writer.int64(producer.transactionStartOffset)
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
