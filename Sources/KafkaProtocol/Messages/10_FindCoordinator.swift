/// Who coordinates a group or a transactional id. Versions 0 to 6; from 4 on of several at once.
package struct FindCoordinatorRequest: KafkaRequest {
    package typealias Response = FindCoordinatorResponse

    /// The kinds of keys: group, transactional id, share group.
    package static let keyTypes: ClosedRange<Int8> = 0...2

    package let keyType: Int8
    package let keys: [String]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        let key = version < 4 ? try reader.string() : nil
        keyType = version >= 1 ? try reader.int8() : 0
        if let key {
            keys = [key]
        } else {
            keys = try reader.array { (reader) throws(ProtocolError) in try reader.string() }
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// One broker for all of them.
package struct FindCoordinatorResponse: KafkaResponse {
    package var error = ErrorCode.none
    package var broker: MetadataResponse.Broker
    package var keys: [String]

    package init(broker: MetadataResponse.Broker, keys: [String]) {
        self.broker = broker
        self.keys = keys
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 1 { writer.throttleTime() }
        if version < 4 {
            writer.error(error)
            if version >= 1 { writer.string(nil) }  // what is wrong, in words
            write(broker, to: &writer)
        } else {
            writer.array(keys) { writer, key in
                writer.string(key)
                write(broker, to: &writer)
                writer.error(error)
                writer.string(nil)
                writer.endOfStructure()
            }
        }
        writer.endOfStructure()
    }

    private func write(_ broker: MetadataResponse.Broker, to writer: inout FrameWriter) {
        writer.int32(error == .none ? broker.id : -1)
        writer.string(error == .none ? broker.host : "")
        writer.int32(error == .none ? broker.port : -1)
    }
}
