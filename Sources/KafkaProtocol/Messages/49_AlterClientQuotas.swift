/// Quotas to set. Versions 0 and 1. What they are is not kept.
package struct AlterClientQuotasRequest: KafkaRequest {
    package typealias Response = AlterClientQuotasResponse

    /// The parts of what a quota is for.
    package typealias Entity = [(type: String, name: String?)]

    package let entities: [Entity]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        entities = try reader.array { (reader) throws(ProtocolError) in
            let entity = try reader.array { (reader) throws(ProtocolError) in
                let part = (type: try reader.string(), name: try reader.nullableString())
                try reader.endOfStructure()
                return part
            }
            _ = try reader.array { (reader) throws(ProtocolError) in
                _ = try reader.string()
                _ = try reader.int64()  // the bits of a double
                _ = try reader.bool()  // whether it is taken away
                try reader.endOfStructure()
            }
            try reader.endOfStructure()
            return entity
        }
        _ = try reader.bool()  // whether it is only to be checked
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The same error for each.
package struct AlterClientQuotasResponse: KafkaResponse {
    package var entities: [AlterClientQuotasRequest.Entity]
    package var error: ErrorCode
    package var message: String?

    package init(entities: [AlterClientQuotasRequest.Entity], error: ErrorCode, message: String?) {
        self.entities = entities
        self.error = error
        self.message = message
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(entities) { writer, entity in
            writer.error(error)
            writer.string(message)
            writer.array(entity) { writer, part in
                writer.string(part.type)
                writer.string(part.name)
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
