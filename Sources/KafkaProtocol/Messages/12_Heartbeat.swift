/// A member is there. Versions 0 to 4.
package struct HeartbeatRequest: KafkaRequest {
    package typealias Response = HeartbeatResponse

    package let group: String
    package let generation: Int32
    package let memberId: String
    package let instanceId: String?

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        group = try reader.string()
        generation = try reader.int32()
        memberId = try reader.string()
        instanceId = version >= 3 ? try reader.nullableString() : nil
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Whether its generation still is the present one.
package struct HeartbeatResponse: KafkaResponse {
    package var error: ErrorCode

    package init(error: ErrorCode) { self.error = error }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 1 { writer.throttleTime() }
        writer.error(error)
        writer.endOfStructure()
    }
}
