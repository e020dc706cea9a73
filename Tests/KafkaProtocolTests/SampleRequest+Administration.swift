@testable import KafkaProtocol

extension SampleRequest {
    /// The body of a request that administers topics or configs.
    static func writeAdministration(_ key: APIKey, _ version: Int16, to writer: inout FrameWriter) {
        switch key {
        case .createTopics:
            writer.array(["a", "b"]) { writer, name in
                writer.string(name)
                writer.int32(-1)
                writer.int16(-1)
                writer.array([0, 1] as [Int32]) { writer, index in
                    writer.int32(index)
                    writer.array([1] as [Int32])
                    writer.endOfStructure()
                }
                writer.array(["cleanup.policy"]) { writer, name in
                    writer.string(name)
                    writer.string("compact")
                    writer.endOfStructure()
                }
                writer.endOfStructure()
            }
            writer.int32(30_000)
            writer.bool(true)
        case .deleteTopics:
            writer.array(["a", "b"]) { writer, name in
                writer.string(name)
                if version >= 6 {
                    writer.topicID(.none)
                    writer.endOfStructure()
                }
            }
            writer.int32(30_000)
        case .createPartitions:
            writer.array(["a"]) { writer, name in
                writer.string(name)
                writer.int32(5)
                writer.array([[1], [1]] as [[Int32]]) { writer, brokers in
                    writer.array(brokers)
                    writer.endOfStructure()
                }
                writer.endOfStructure()
            }
            writer.int32(30_000)
            writer.bool(false)
        case .deleteRecords:
            writer.array(["a"]) { writer, name in
                writer.string(name)
                writer.array([0, 1] as [Int32]) { writer, index in
                    writer.int32(index)
                    writer.int64(-1)
                    writer.endOfStructure()
                }
                writer.endOfStructure()
            }
            writer.int32(30_000)
        case .describeConfigs:
            writeResource(to: &writer) { $0.array(["segment.ms"]) { $0.string($1) } }
            writer.bool(true)
            if version >= 3 { writer.bool(true) }
        case .alterConfigs, .incrementalAlterConfigs:
            writeResource(to: &writer) { writer in
                writer.array(["segment.ms"]) { writer, name in
                    writer.string(name)
                    if key == .incrementalAlterConfigs { writer.int8(0) }
                    writer.string("1000")
                    writer.endOfStructure()
                }
            }
            writer.bool(false)
        default: break
        }
    }

    private static func writeResource(to writer: inout FrameWriter, _ configs: (inout FrameWriter) -> Void) {
        writer.array(["a"]) { writer, name in
            writer.int8(2)
            writer.string(name)
            configs(&writer)
            writer.endOfStructure()
        }
    }
}
