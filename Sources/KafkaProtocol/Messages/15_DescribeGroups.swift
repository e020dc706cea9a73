/// Groups and their members. Versions 0 to 6.
package struct DescribeGroupsRequest: KafkaRequest {
    package typealias Response = DescribeGroupsResponse

    package let groups: [String]
    /// Whether to tell what one may do with them.
    package let asksForOperations: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        groups = try reader.array { (reader) throws(ProtocolError) in try reader.string() }
        asksForOperations = version >= 3 ? try reader.bool() : false
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What they are.
package struct DescribeGroupsResponse: KafkaResponse {
    package struct Group: Sendable {
        package var id: String
        /// Whether there is such a group.
        package var isKnown = true
        package var state = "Dead"
        package var protocolType = ""
        package var protocolName = ""
        package var members: [Member] = []

        package init(id: String) { self.id = id }
    }

    package struct Member: Sendable {
        package var memberId: String
        package var instanceId: String?
        package var clientId: String
        package var clientHost: String
        package var metadata: [UInt8]
        package var assignment: [UInt8]

        package init(
            memberId: String, instanceId: String?, clientId: String, clientHost: String, metadata: [UInt8],
            assignment: [UInt8]
        ) {
            self.memberId = memberId
            self.instanceId = instanceId
            self.clientId = clientId
            self.clientHost = clientHost
            self.metadata = metadata
            self.assignment = assignment
        }
    }

    package var groups: [Group]
    private let tellsOperations: Bool

    package init(to request: DescribeGroupsRequest, groups: [Group]) {
        tellsOperations = request.asksForOperations
        self.groups = groups
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 1 { writer.throttleTime() }
        writer.array(groups) { writer, group in
            // A group that is not there is a dead one before version 6, without an error.
            let isMissing = version >= 6 && !group.isKnown
            writer.error(isMissing ? .groupIdNotFound : .none)
            if version >= 6 { writer.string(isMissing ? "there is no group '\(group.id)'" : nil) }
            writer.string(group.id)
            writer.string(group.state)
            writer.string(group.protocolType)
            writer.string(group.protocolName)
            writer.array(group.members) { writer, member in
                writer.string(member.memberId)
                if version >= 4 { writer.string(member.instanceId) }
                writer.string(member.clientId)
                writer.string(member.clientHost)
                writer.byteArray(member.metadata)
                writer.byteArray(member.assignment)
                writer.endOfStructure()
            }
            if version >= 3 { writer.operations(.group, areAsked: tellsOperations) }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
