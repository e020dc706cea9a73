@testable import KafkaProtocol

extension SampleRequest {
    /// The body of a request about transactions.
    static func writeTransactional(_ key: APIKey, _ version: Int16, to writer: inout FrameWriter) {
        if [.addPartitionsToTxn, .addOffsetsToTxn, .endTxn, .txnOffsetCommit].contains(key) {
            writer.string("transactional-id")
            if key == .txnOffsetCommit { writer.string("group") }
            writer.int64(7)
            writer.int16(1)
        }
        switch key {
        case .addPartitionsToTxn, .describeProducers: writeTopics(to: &writer)
        case .addOffsetsToTxn: writer.string("group")
        case .endTxn: writer.bool(true)
        case .txnOffsetCommit: writePositions(version, to: &writer)
        case .describeTransactions: writer.array(["a", "b"]) { writer, id in writer.string(id) }
        case .listTransactions:
            writer.array(["Ongoing", "Dead"]) { writer, state in writer.string(state) }
            writer.array([1, 2] as [Int64]) { writer, id in writer.int64(id) }
            if version >= 1 { writer.int64(1000) }
            if version >= 2 { writer.string("a.*") }
        default: break
        }
    }

    private static func writeTopics(to writer: inout FrameWriter) {
        writer.array(["a", "b"]) { writer, name in
            writer.string(name)
            writer.array([0, 1])
            writer.endOfStructure()
        }
    }

    private static func writePositions(_ version: Int16, to writer: inout FrameWriter) {
        if version >= 3 {
            writer.int32(5)
            writer.string("member")
            writer.string("instance")
        }
        writer.array(["a", "b"]) { writer, name in
            writer.string(name)
            writer.array([0, 1] as [Int32]) { writer, index in
                writer.int32(index)
                writer.int64(100)
                if version >= 2 { writer.int32(0) }
                writer.string(index == 0 ? nil : "metadata")
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
    }
}
