/// Users with a password. Version 0.
package struct DescribeUserScramCredentialsRequest: KafkaRequest {
    package typealias Response = DescribeUserScramCredentialsResponse

    /// Nil or empty for all.
    package let users: [String]?

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        users = try reader.nullableArray { (reader) throws(ProtocolError) in
            let name = try reader.string()
            try reader.endOfStructure()
            return name
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The same error for each that was asked for: there are none.
package struct DescribeUserScramCredentialsResponse: KafkaResponse {
    package var users: [String]
    package var error: ErrorCode
    package var message: String?

    package init(users: [String], error: ErrorCode, message: String?) {
        self.users = users
        self.error = error
        self.message = message
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(.none)
        writer.string(nil)
        writer.array(users) { writer, user in
            writer.string(user)
            writer.error(error)
            writer.string(message)
            writer.emptyArray()
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
