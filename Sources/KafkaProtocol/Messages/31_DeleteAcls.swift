/// Rules to delete. Versions 1 to 3. Only the filters' number is read.
package struct DeleteAclsRequest: KafkaRequest {
    package typealias Response = DeleteAclsResponse

    package let count: Int

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        count = try reader.array { (reader) throws(ProtocolError) in
            try AccessRule.passOver(&reader, isFilter: true)
        }.count
        try reader.endOfStructure()
        try reader.end()
    }
}

/// One error per filter, and no rules.
package struct DeleteAclsResponse: KafkaResponse {
    package var count: Int
    package var error: ErrorCode
    package var message: String?

    package init(count: Int, error: ErrorCode, message: String?) {
        self.count = count
        self.error = error
        self.message = message
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(Array(0..<count)) { writer, _ in
            writer.error(error)
            writer.string(message)
            writer.emptyArray()
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
