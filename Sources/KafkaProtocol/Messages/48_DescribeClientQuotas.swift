/// How much clients may do. Versions 0 and 1. There are no quotas: what is asked for is not kept.
package struct DescribeClientQuotasRequest: KafkaRequest {
    package typealias Response = DescribeClientQuotasResponse

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        _ = try reader.array { (reader) throws(ProtocolError) in
            _ = try reader.string()  // what kind of client
            _ = try reader.int8()  // how it is matched
            _ = try reader.nullableString()  // with what
            try reader.endOfStructure()
        }
        _ = try reader.bool()  // whether there may be no other kinds
        try reader.endOfStructure()
        try reader.end()
    }
}

/// None.
package struct DescribeClientQuotasResponse: KafkaResponse {
    package init() {}

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(.none)
        writer.string(nil)
        // Not null, which the schema has for errors: the Java client takes it for entries all the same.
        writer.emptyArray()
        writer.endOfStructure()
    }
}
