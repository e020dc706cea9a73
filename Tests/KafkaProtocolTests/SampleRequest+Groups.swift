@testable import KafkaProtocol

extension SampleRequest {
    /// The fields of a request about groups.
    static func writeGroups(_ key: APIKey, _ version: Int16, to writer: inout FrameWriter) {
        switch key {
        case .offsetCommit: offsetCommit(version, &writer)
        case .offsetFetch: offsetFetch(version, &writer)
        case .joinGroup: joinGroup(version, &writer)
        case .heartbeat:
            member(&writer, instance: version >= 3)
        case .leaveGroup:
            writer.string("group")
            if version < 3 {
                writer.string("member")
            } else {
                writer.array(["one", "two"]) { writer, id in
                    writer.string(id)
                    writer.string("instance")
                    if version >= 5 { writer.string("enough") }
                    writer.endOfStructure()
                }
            }
        case .syncGroup:
            member(&writer, instance: version >= 3)
            if version >= 5 {
                writer.string("consumer")
                writer.string("range")
            }
            writer.array(["one", "two"]) { writer, id in
                writer.string(id)
                writer.byteArray([1, 2, 3])
                writer.endOfStructure()
            }
        case .describeGroups:
            writer.array(["a", "b"]) { $0.string($1) }
            if version >= 3 { writer.bool(true) }
        case .listGroups:
            if version >= 4 { writer.array(["Stable"]) { $0.string($1) } }
            if version >= 5 { writer.array(["classic"]) { $0.string($1) } }
        case .deleteGroups: writer.array(["a", "b"]) { $0.string($1) }
        case .offsetDelete:
            writer.string("group")
            writer.array(["a", "b"]) { writer, name in
                writer.string(name)
                writer.array([0, 1])
            }
        default: break
        }
    }

    private static func member(_ writer: inout FrameWriter, instance: Bool) {
        writer.string("group")
        writer.int32(3)
        writer.string("member")
        if instance { writer.string("instance") }
    }

    private static func joinGroup(_ version: Int16, _ writer: inout FrameWriter) {
        writer.string("group")
        writer.int32(45_000)
        if version >= 1 { writer.int32(300_000) }
        writer.string("")
        if version >= 5 { writer.string("instance") }
        writer.string("consumer")
        writer.array(["range", "roundrobin"]) { writer, name in
            writer.string(name)
            writer.byteArray([0, 1, 0, 0, 0, 0])
            writer.endOfStructure()
        }
        if version >= 8 { writer.string("it begins") }
    }

    private static func offsetCommit(_ version: Int16, _ writer: inout FrameWriter) {
        member(&writer, instance: version >= 7)
        if version <= 4 { writer.int64(-1) }
        writer.array([0]) { writer, _ in
            if version < 10 { writer.string("topic") } else { writer.topicID(TopicID(high: 1, low: 2)) }
            writer.array([0, 1] as [Int32]) { writer, index in
                writer.int32(index)
                writer.int64(7)
                if version >= 6 { writer.int32(0) }
                writer.string("metadata")
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
    }

    private static func offsetFetch(_ version: Int16, _ writer: inout FrameWriter) {
        if version < 8 {
            writer.string("group")
            topics(version, &writer)
        } else {
            writer.array(["a", "b"]) { writer, id in
                writer.string(id)
                if version >= 9 {
                    writer.string(nil)
                    writer.int32(-1)
                }
                topics(version, &writer)
                writer.endOfStructure()
            }
        }
        if version >= 7 { writer.bool(true) }
    }

    private static func topics(_ version: Int16, _ writer: inout FrameWriter) {
        writer.array([0]) { writer, _ in
            if version < 10 { writer.string("topic") } else { writer.topicID(TopicID(high: 1, low: 2)) }
            writer.array([0, 1])
            writer.endOfStructure()
        }
    }
}
