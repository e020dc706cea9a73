/// A member asks for its partitions; the leader says whose they are. Versions 0 to 5.
package struct SyncGroupRequest: KafkaRequest {
    package typealias Response = SyncGroupResponse

    package let group: String
    package let generation: Int32
    package let memberId: String
    package let instanceId: String?
    /// What the member believes was chosen; nil before version 5.
    package let protocolType: String?
    package let protocolName: String?
    /// By member id; of the leader only.
    package let assignments: [(memberId: String, assignment: [UInt8])]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        group = try reader.string()
        generation = try reader.int32()
        memberId = try reader.string()
        instanceId = version >= 3 ? try reader.nullableString() : nil
        protocolType = version >= 5 ? try reader.nullableString() : nil
        protocolName = version >= 5 ? try reader.nullableString() : nil
        assignments = try reader.array { (reader) throws(ProtocolError) in
            let memberId = try reader.string()
            let assignment = try reader.byteArray()
            try reader.endOfStructure()
            return (memberId, assignment)
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What the leader assigned to the member.
package struct SyncGroupResponse: KafkaResponse {
    package var error = ErrorCode.none
    package var protocolType: String?
    package var protocolName: String?
    package var assignment: [UInt8] = []

    package init() {}

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 1 { writer.throttleTime() }
        writer.error(error)
        if version >= 5 {
            writer.string(protocolType)
            writer.string(protocolName)
        }
        writer.byteArray(assignment)
        writer.endOfStructure()
    }
}
