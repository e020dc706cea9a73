/// The transactional ids that there are. Versions 0 to 2.
package struct ListTransactionsRequest: KafkaRequest {
    package typealias Response = ListTransactionsResponse

    /// Only those in one of these states, by Kafka's names; none asks for all.
    package let states: [String]
    /// Only those of one of these producers; none asks for all.
    package let producerIds: [Int64]
    /// Only transactions that are open and have been so for longer; below 0 for all.
    package let durationMilliseconds: Int64
    /// Only ids that match this as a whole, a regular expression of RE2; null and empty for all.
    package let pattern: String?

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        states = try reader.array { (reader) throws(ProtocolError) in try reader.string() }
        producerIds = try reader.array { (reader) throws(ProtocolError) in try reader.int64() }
        durationMilliseconds = version >= 1 ? try reader.int64() : -1
        pattern = version >= 2 ? try reader.nullableString() : nil
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Those that were asked for.
package struct ListTransactionsResponse: KafkaResponse {
    package struct Transaction: Sendable {
        package var transactionalId: String
        package var producerId: Int64
        /// Kafka's name of it.
        package var state: String

        package init(transactionalId: String, producerId: Int64, state: String) {
            self.transactionalId = transactionalId
            self.producerId = producerId
            self.state = state
        }
    }

    package var error = ErrorCode.none
    /// Asked for, and no state's name.
    package var unknownStates: [String] = []
    package var transactions: [Transaction] = []

    package init() {}

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(error)
        writer.array(unknownStates) { writer, state in writer.string(state) }
        writer.array(transactions) { writer, transaction in
            writer.string(transaction.transactionalId)
            writer.int64(transaction.producerId)
            writer.string(transaction.state)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
