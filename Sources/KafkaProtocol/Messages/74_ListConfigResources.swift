/// What there is with configs. Versions 0 and 1.
package struct ListConfigResourcesRequest: KafkaRequest {
    package typealias Response = ListConfigResourcesResponse

    /// The types that are wanted; empty for all. Version 0 asks for the metrics that clients send.
    package let types: Set<Int8>

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        let wanted = version >= 1 ? try reader.array { (reader) throws(ProtocolError) in try reader.int8() } : []
        types = version >= 1 ? Set(wanted) : [ConfigResource.Kind.clientMetrics.rawValue]
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Them.
package struct ListConfigResourcesResponse: KafkaResponse {
    package var error = ErrorCode.none
    package var resources: [ConfigResource]

    package init(resources: [ConfigResource]) { self.resources = resources }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(error)
        writer.array(resources) { writer, resource in
            writer.string(resource.name)
            if version >= 1 { writer.int8(resource.type) }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
