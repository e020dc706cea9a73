/// Groups are to be forgotten, with their positions. Versions 0 to 2.
package struct DeleteGroupsRequest: KafkaRequest {
    package typealias Response = DeleteGroupsResponse

    package let groups: [String]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        groups = try reader.array { (reader) throws(ProtocolError) in try reader.string() }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Which of them are.
package struct DeleteGroupsResponse: KafkaResponse {
    package var results: [(group: String, error: ErrorCode)]

    package init(results: [(group: String, error: ErrorCode)]) { self.results = results }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(results) { writer, result in
            writer.string(result.group)
            writer.error(result.error)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
