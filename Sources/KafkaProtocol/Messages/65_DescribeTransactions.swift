/// How transactions stand. Version 0.
package struct DescribeTransactionsRequest: KafkaRequest {
    package typealias Response = DescribeTransactionsResponse

    package let transactionalIds: [String]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        transactionalIds = try reader.array { (reader) throws(ProtocolError) in try reader.string() }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Each of them.
package struct DescribeTransactionsResponse: KafkaResponse {
    package struct Transaction: Sendable {
        package var error = ErrorCode.none
        package var transactionalId: String
        /// Kafka's name of it.
        package var state = ""
        package var timeoutMilliseconds: Int32 = 0
        /// In milliseconds since the epoch; -1 where none began.
        package var startMilliseconds: Int64 = -1
        package var producerId: Int64 = -1
        package var producerEpoch: Int16 = -1
        package var topics: [Topic] = []

        package init(transactionalId: String) { self.transactionalId = transactionalId }
    }

    package typealias Topic = NamedTopic<Int32>

    package var transactions: [Transaction]

    package init(transactions: [Transaction]) { self.transactions = transactions }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(transactions) { writer, transaction in
            writer.error(transaction.error)
            writer.string(transaction.transactionalId)
            writer.string(transaction.state)
            writer.int32(transaction.timeoutMilliseconds)
            writer.int64(transaction.startMilliseconds)
            writer.int64(transaction.producerId)
            writer.int16(transaction.producerEpoch)
            writer.topics(transaction.topics) { $0.int32($1) }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
