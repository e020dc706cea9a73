/// A member comes, or comes again for the next generation. Versions 0 to 9.
package struct JoinGroupRequest: KafkaRequest {
    package typealias Response = JoinGroupResponse

    package struct Candidate: Sendable {
        package let name: String
        package let metadata: [UInt8]
    }

    package let group: String
    package let sessionTimeoutMilliseconds: Int32
    package let rebalanceTimeoutMilliseconds: Int32
    /// Empty for a newcomer.
    package let memberId: String
    package let instanceId: String?
    package let protocolType: String
    /// Best first.
    package let protocols: [Candidate]
    /// Whether a newcomer expects to be given an id to come again with (KIP-394).
    package let requiresKnownMember: Bool
    /// Whether a leader understands that it is not to assign (KIP-814).
    package let canSkipAssignment: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        requiresKnownMember = version >= 4
        canSkipAssignment = version >= 9
        group = try reader.string()
        sessionTimeoutMilliseconds = try reader.int32()
        // The first version has one timeout for both.
        rebalanceTimeoutMilliseconds = version >= 1 ? try reader.int32() : sessionTimeoutMilliseconds
        memberId = try reader.string()
        instanceId = version >= 5 ? try reader.nullableString() : nil
        protocolType = try reader.string()
        protocols = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            let metadata = try reader.byteArray()
            try reader.endOfStructure()
            return Candidate(name: name, metadata: metadata)
        }
        if version >= 8 { _ = try reader.nullableString() }  // why it joins
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The new generation; for its leader with all members.
package struct JoinGroupResponse: KafkaResponse {
    package struct Member: Sendable {
        package var memberId: String
        package var instanceId: String?
        package var metadata: [UInt8]

        package init(memberId: String, instanceId: String?, metadata: [UInt8]) {
            self.memberId = memberId
            self.instanceId = instanceId
            self.metadata = metadata
        }
    }

    package var error = ErrorCode.none
    package var generation: Int32 = -1
    package var protocolType: String?
    package var protocolName: String?
    package var leader = ""
    package var skipsAssignment = false
    package var memberId: String
    package var members: [Member] = []

    package init(memberId: String) { self.memberId = memberId }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 2 { writer.throttleTime() }
        writer.error(error)
        writer.int32(generation)
        if version >= 7 { writer.string(protocolType) }
        // The name can be null from version 7 on.
        writer.string(version >= 7 ? protocolName : protocolName ?? "")
        writer.string(leader)
        if version >= 9 { writer.bool(skipsAssignment) }
        writer.string(memberId)
        writer.array(members) { writer, member in
            writer.string(member.memberId)
            if version >= 5 { writer.string(member.instanceId) }
            writer.byteArray(member.metadata)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
