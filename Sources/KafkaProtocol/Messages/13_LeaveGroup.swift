/// Members go. Versions 0 to 5; from 3 on several at once.
package struct LeaveGroupRequest: KafkaRequest {
    package typealias Response = LeaveGroupResponse

    package struct Member: Sendable {
        /// Empty for one that is told by its instance's id.
        package let memberId: String
        package let instanceId: String?
    }

    package let group: String
    package let members: [Member]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        group = try reader.string()
        if version < 3 {
            members = [Member(memberId: try reader.string(), instanceId: nil)]
        } else {
            members = try reader.array { (reader) throws(ProtocolError) in
                let memberId = try reader.string()
                let instanceId = try reader.nullableString()
                if version >= 5 { _ = try reader.nullableString() }  // why it goes
                try reader.endOfStructure()
                return Member(memberId: memberId, instanceId: instanceId)
            }
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Which of them were members.
package struct LeaveGroupResponse: KafkaResponse {
    package struct Member: Sendable {
        package var memberId: String
        package var instanceId: String?
        package var error: ErrorCode

        package init(memberId: String, instanceId: String?, error: ErrorCode) {
            self.memberId = memberId
            self.instanceId = instanceId
            self.error = error
        }
    }

    /// Of the request as a whole.
    package var error = ErrorCode.none
    package var members: [Member]

    package init(members: [Member]) { self.members = members }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 1 { writer.throttleTime() }
        guard version >= 3 else {
            // Of the one that goes.
            let first = members.first?.error ?? .none
            return writer.error(error == .none ? first : error)
        }
        writer.error(error)
        writer.array(members) { writer, member in
            writer.string(member.memberId)
            writer.string(member.instanceId)
            writer.error(member.error)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
