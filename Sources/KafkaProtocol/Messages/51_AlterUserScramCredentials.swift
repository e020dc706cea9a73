/// Passwords to set or take away. Version 0. What they are is not kept.
package struct AlterUserScramCredentialsRequest: KafkaRequest {
    package typealias Response = AlterUserScramCredentialsResponse

    /// Each once, in the request's order.
    package let users: [String]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        let deleted = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            _ = try reader.int8()  // the mechanism
            try reader.endOfStructure()
            return name
        }
        let set = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            _ = try reader.int8()  // the mechanism
            _ = try reader.int32()  // how often it is hashed
            _ = try reader.nullableBytes()  // the salt
            _ = try reader.nullableBytes()  // the salted password
            try reader.endOfStructure()
            return name
        }
        var seen: Set<String> = []
        users = (deleted + set).filter { seen.insert($0).inserted }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The same error for each user.
package struct AlterUserScramCredentialsResponse: KafkaResponse {
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
        writer.array(users) { writer, user in
            writer.string(user)
            writer.error(error)
            writer.string(message)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
