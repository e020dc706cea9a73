/// Who may do what. Versions 1 to 3. Nothing of it is read: there is nothing it could find.
package struct DescribeAclsRequest: KafkaRequest {
    package typealias Response = DescribeAclsResponse

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        try AccessRule.passOver(&reader, isFilter: true)
        try reader.end()
    }
}

/// A rule, or a filter of rules, as requests carry it.
enum AccessRule {
    static func passOver(_ reader: inout FrameReader, isFilter: Bool) throws(ProtocolError) {
        func name() throws(ProtocolError) { _ = isFilter ? try reader.nullableString() : try reader.string() }
        _ = try reader.int8()  // the resource's type
        try name()
        _ = try reader.int8()  // how the name is meant
        try name()  // the principal
        try name()  // its host
        _ = try reader.int8()  // the operation
        _ = try reader.int8()  // whether it is allowed or denied
        try reader.endOfStructure()
    }
}

/// No rules, and why.
package struct DescribeAclsResponse: KafkaResponse {
    package var error: ErrorCode
    package var message: String?

    package init(error: ErrorCode, message: String?) {
        self.error = error
        self.message = message
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(error)
        writer.string(message)
        writer.emptyArray()
        writer.endOfStructure()
    }
}
