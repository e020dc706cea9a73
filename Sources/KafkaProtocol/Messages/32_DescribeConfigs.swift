/// Configs to tell. Versions 1 to 4.
package struct DescribeConfigsRequest: KafkaRequest {
    package typealias Response = DescribeConfigsResponse

    package struct Resource: Sendable {
        package let resource: ConfigResource
        /// The names that are wanted; nil for all.
        package let names: [String]?
    }

    package let resources: [Resource]
    package let wantsSynonyms: Bool
    package let wantsDocumentation: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        resources = try reader.array { (reader) throws(ProtocolError) in
            let resource = try ConfigResource(&reader)
            let names = try reader.nullableArray { (reader) throws(ProtocolError) in try reader.string() }
            try reader.endOfStructure()
            return Resource(resource: resource, names: names)
        }
        wantsSynonyms = try reader.bool()
        wantsDocumentation = version >= 3 ? try reader.bool() : false
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The configs of each resource.
package struct DescribeConfigsResponse: KafkaResponse {
    package struct Result: Sendable {
        package var resource: ConfigResource
        package var error = ErrorCode.none
        package var message: String?
        package var configs: [Config] = []

        package init(resource: ConfigResource) { self.resource = resource }
    }

    package struct Config: Sendable {
        package var name: String
        package var value: String
        package var isReadOnly: Bool
        package var source: ConfigSource
        package var type: ConfigValueType
        /// Empty where none are wanted.
        package var synonyms: [Synonym]
        /// Nil where none is wanted.
        package var documentation: String?

        package init(
            name: String, value: String, isReadOnly: Bool, source: ConfigSource, type: ConfigValueType,
            synonyms: [Synonym], documentation: String?
        ) {
            self.name = name
            self.value = value
            self.isReadOnly = isReadOnly
            self.source = source
            self.type = type
            self.synonyms = synonyms
            self.documentation = documentation
        }
    }

    package struct Synonym: Sendable {
        package var name: String
        package var value: String
        package var source: ConfigSource

        package init(name: String, value: String, source: ConfigSource) {
            self.name = name
            self.value = value
            self.source = source
        }
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
            writer.array(result.configs) { writer, config in write(config, to: &writer, version: version) }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }

    private func write(_ config: Config, to writer: inout FrameWriter, version: Int16) {
        writer.string(config.name)
        writer.string(config.value)
        writer.bool(config.isReadOnly)
        writer.int8(config.source.rawValue)
        writer.bool(false)  // whether it is a secret
        writer.array(config.synonyms) { writer, synonym in
            writer.string(synonym.name)
            writer.string(synonym.value)
            writer.int8(synonym.source.rawValue)
            writer.endOfStructure()
        }
        if version >= 3 {
            writer.int8(config.type.rawValue)
            writer.string(config.documentation)
        }
        writer.endOfStructure()
    }
}
