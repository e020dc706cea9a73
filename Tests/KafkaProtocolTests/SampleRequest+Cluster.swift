@testable import KafkaProtocol

extension SampleRequest {
    /// The body of a request about the cluster, its log directories, its users or its quotas.
    static func writeCluster(_ key: APIKey, _ version: Int16, to writer: inout FrameWriter) {
        switch key {
        case .offsetForLeaderEpoch:
            if version >= 3 { writer.int32(-1) }
            writePartitions(to: &writer) { writer, index in
                for number in [index, -1, 0] { writer.int32(number) }
                writer.endOfStructure()
            }
        case .describeAcls: writeRule(to: &writer, isInArray: false)
        case .createAcls, .deleteAcls:
            writer.array([0, 1]) { writer, _ in writeRule(to: &writer, isInArray: true) }
        case .describeLogDirs: writePartitions(to: &writer) { $0.int32($1) }
        case .electLeaders:
            if version >= 1 { writer.int8(0) }
            writePartitions(to: &writer) { $0.int32($1) }
            writer.int32(30_000)
        case .listPartitionReassignments:
            writer.int32(30_000)
            writePartitions(to: &writer) { $0.int32($1) }
        case .describeClientQuotas:
            writer.array(["user"]) { writer, type in
                writer.string(type)
                writer.int8(0)
                writer.string("alice")
                writer.endOfStructure()
            }
            writer.bool(true)
        case .alterClientQuotas:
            writer.array([0]) { writer, _ in
                writer.array(["user", "client-id"]) { writer, type in
                    writer.string(type)
                    writer.string("alice")
                    writer.endOfStructure()
                }
                writer.array(["producer_byte_rate"]) { writer, name in
                    writer.string(name)
                    writer.int64(0)
                    writer.bool(false)
                    writer.endOfStructure()
                }
                writer.endOfStructure()
            }
            writer.bool(false)
        case .describeUserScramCredentials: writeNames(to: &writer)
        case .alterUserScramCredentials:
            writer.array(["alice"]) { writer, name in
                writer.string(name)
                writer.int8(1)
                writer.endOfStructure()
            }
            writer.array(["bob"]) { writer, name in
                writer.string(name)
                writer.int8(1)
                writer.int32(4096)
                // Bytes, which are written as texts are.
                writer.string("salt")
                writer.string("password")
                writer.endOfStructure()
            }
        case .describeQuorum:
            writePartitions(to: &writer) { writer, index in
                writer.int32(index)
                writer.endOfStructure()
            }
        case .describeCluster:
            writer.bool(false)
            if version >= 1 { writer.int8(1) }
            if version >= 2 { writer.bool(true) }
        case .listConfigResources: if version >= 1 { writer.array([2, 4] as [Int8]) { $0.int8($1) } }
        case .describeTopicPartitions:
            writeNames(to: &writer)
            writer.int32(2000)
            writer.int8(1)
            writer.string("alice")
            writer.int32(5)
            writer.endOfStructure()
        default: break
        }
    }

    private static func writeNames(to writer: inout FrameWriter) {
        writer.array(["alice", "bob"]) { writer, name in
            writer.string(name)
            writer.endOfStructure()
        }
    }

    private static func writePartitions(
        to writer: inout FrameWriter, _ partition: @escaping (inout FrameWriter, Int32) -> Void
    ) {
        writer.array(["a", "b"]) { writer, name in
            writer.string(name)
            writer.array([0, 1] as [Int32], partition)
            writer.endOfStructure()
        }
    }

    private static func writeRule(to writer: inout FrameWriter, isInArray: Bool) {
        writer.int8(2)
        writer.string("topic")
        writer.int8(3)
        writer.string("User:alice")
        writer.string("*")
        writer.int8(3)
        writer.int8(3)
        // One that stands alone ends with the message.
        if isInArray { writer.endOfStructure() }
    }
}
