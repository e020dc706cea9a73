/// Configs that take the place of all that a resource sets. Versions 0 to 2.
package struct AlterConfigsRequest: KafkaRequest {
    package typealias Response = AlterConfigsResponse

    package struct Resource: Sendable {
        package let resource: ConfigResource
        package let configs: [(name: String, value: String?)]
    }

    package let resources: [Resource]
    /// Whether it is only to be checked what could be set.
    package let isTrial: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        resources = try reader.array { (reader) throws(ProtocolError) in
            let resource = try ConfigResource(&reader)
            let configs = try reader.configs()
            try reader.endOfStructure()
            return Resource(resource: resource, configs: configs)
        }
        isTrial = try reader.bool()
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What became of each resource: the answer to AlterConfigs and to IncrementalAlterConfigs.
package struct AlterConfigsResponse: KafkaResponse {
    package struct Result: Sendable {
        package var resource: ConfigResource
        package var error = ErrorCode.none
        package var message: String?

        package init(resource: ConfigResource) { self.resource = resource }
    }

    package var results: [Result]

    package init(results: [Result]) { self.results = results }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(results) { writer, result in
            writer.error(result.error)
            writer.string(result.message)
            writer.int8(result.resource.type)
            writer.string(result.resource.name)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
