/// Changes to what resources set (KIP-339). Versions 0 and 1. The answer is that of AlterConfigs.
package struct IncrementalAlterConfigsRequest: KafkaRequest {
    package typealias Response = AlterConfigsResponse

    /// What is done with a config. Numbers: Apache Kafka's `AlterConfigOp.OpType`.
    package enum Operation: Int8, Sendable {
        case set = 0
        case delete = 1
        case append = 2
        case subtract = 3
    }

    package struct Change: Sendable {
        package let name: String
        /// Nil for a number that is none of `Operation`.
        package let operation: Operation?
        package let value: String?
    }

    package struct Resource: Sendable {
        package let resource: ConfigResource
        package let changes: [Change]
    }

    package let resources: [Resource]
    /// Whether it is only to be checked what could be changed.
    package let isTrial: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        resources = try reader.array { (reader) throws(ProtocolError) in
            let resource = try ConfigResource(&reader)
            let changes = try reader.array { (reader) throws(ProtocolError) in
                let name = try reader.string()
                let operation = Operation(rawValue: try reader.int8())
                let change = Change(name: name, operation: operation, value: try reader.nullableString())
                try reader.endOfStructure()
                return change
            }
            try reader.endOfStructure()
            return Resource(resource: resource, changes: changes)
        }
        isTrial = try reader.bool()
        try reader.endOfStructure()
        try reader.end()
    }
}
