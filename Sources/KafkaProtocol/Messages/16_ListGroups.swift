/// Which groups there are. Versions 0 to 5.
package struct ListGroupsRequest: KafkaRequest {
    package typealias Response = ListGroupsResponse

    /// Those wanted; none for all.
    package let states: [String]
    package let types: [String]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        states = version >= 4 ? try reader.array { (reader) throws(ProtocolError) in try reader.string() } : []
        types = version >= 5 ? try reader.array { (reader) throws(ProtocolError) in try reader.string() } : []
        try reader.endOfStructure()
        // librdkafka 2.0.2 writes the empty tagged fields of version 4 twice.
        try reader.end(orZeros: version == 4 ? 1 : 0)
    }
}

/// The groups.
package struct ListGroupsResponse: KafkaResponse {
    package struct Group: Sendable {
        package var id: String
        package var protocolType: String
        package var state: String

        package init(id: String, protocolType: String, state: String) {
            self.id = id
            self.protocolType = protocolType
            self.state = state
        }
    }

    /// What all groups are that do not have the newer protocol (KIP-848).
    package static let type = "classic"

    package var groups: [Group]

    package init(groups: [Group]) { self.groups = groups }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 1 { writer.throttleTime() }
        writer.error(.none)
        writer.array(groups) { writer, group in
            writer.string(group.id)
            writer.string(group.protocolType)
            if version >= 4 { writer.string(group.state) }
            if version >= 5 { writer.string(Self.type) }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
