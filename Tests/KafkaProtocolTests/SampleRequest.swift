@testable import KafkaProtocol

/// Requests with every field in them, as a client might write them.
enum SampleRequest {
    /// A request of that API and version with every field in it, as a client might write it.
    static func bytes(_ key: APIKey, _ version: Int16) -> [UInt8] {
        var writer = FrameWriter()
        writer.int16(key.rawValue)
        writer.int16(version)
        writer.int32(7)
        writer.string("fuzz")
        writer.isFlexible = key.isFlexible(version)
        writer.endOfStructure()
        switch key {
        case .produce:
            writer.string(nil)
            writer.int16(-1)
            writer.int32(30_000)
            writer.array([0, 1]) { writer, _ in
                if version < 13 { writer.string("topic") } else { writer.topicID(TopicID(high: 1, low: 2)) }
                writer.array([0, 1] as [Int32]) { writer, index in
                    writer.int32(index)
                    writer.records(nil)
                    writer.endOfStructure()
                }
                writer.endOfStructure()
            }
        case .fetch:
            if version <= 14 { writer.int32(-1) }
            for number in [500, 1, 1 << 20] as [Int32] { writer.int32(number) }
            writer.int8(1)
            if version >= 7 { writer.int64(0) }
            writer.array([0]) { writer, _ in
                if version < 13 { writer.string("topic") } else { writer.topicID(TopicID(high: 1, low: 2)) }
                writer.array([0, 1] as [Int32]) { writer, index in
                    writer.int32(index)
                    if version >= 9 { writer.int32(-1) }
                    writer.int64(0)
                    if version >= 12 { writer.int32(-1) }
                    if version >= 5 { writer.int64(-1) }
                    writer.int32(1 << 20)
                    writer.endOfStructure()
                }
                writer.endOfStructure()
            }
            if version >= 7 { writer.array([Int32]()) }
            if version >= 11 { writer.string("") }
        case .listOffsets:
            writer.int32(-1)
            if version >= 2 { writer.int8(0) }
            writer.array([0]) { writer, _ in
                writer.string("topic")
                writer.array([0, 1] as [Int32]) { writer, index in
                    writer.int32(index)
                    if version >= 4 { writer.int32(-1) }
                    writer.int64(-1)
                    writer.endOfStructure()
                }
                writer.endOfStructure()
            }
            if version >= 10 { writer.int32(1000) }
        case .metadata:
            writer.array(["a", "b"]) { writer, name in
                if version >= 10 { writer.topicID(.none) }
                writer.string(name)
                writer.endOfStructure()
            }
            if version >= 4 { writer.bool(true) }
            if (8...10).contains(version) { writer.bool(false) }
            if version >= 8 { writer.bool(false) }
        case .apiVersions:
            if version >= 3 {
                writer.string("name")
                writer.string("1.0")
            }
        case .findCoordinator:
            if version < 4 { writer.string("group") }
            if version >= 1 { writer.int8(0) }
            if version >= 4 { writer.array(["a", "b"]) { writer, key in writer.string(key) } }
        case .addPartitionsToTxn, .addOffsetsToTxn, .endTxn, .txnOffsetCommit, .describeProducers,
            .describeTransactions, .listTransactions:
            writeTransactional(key, version, to: &writer)
        case .initProducerId:
            writer.string(nil)
            writer.int32(60_000)
            if version >= 3 {
                writer.int64(-1)
                writer.int16(-1)
            }
        case .createTopics, .deleteTopics, .deleteRecords, .describeConfigs, .alterConfigs, .createPartitions,
            .incrementalAlterConfigs:
            writeAdministration(key, version, to: &writer)
        case .offsetForLeaderEpoch, .describeAcls, .createAcls, .deleteAcls, .describeLogDirs, .electLeaders,
            .listPartitionReassignments, .describeClientQuotas, .alterClientQuotas, .describeUserScramCredentials,
            .alterUserScramCredentials, .describeQuorum, .describeCluster, .listConfigResources,
            .describeTopicPartitions:
            writeCluster(key, version, to: &writer)
        case .offsetCommit, .offsetFetch, .joinGroup, .heartbeat, .leaveGroup, .syncGroup,
            .describeGroups, .listGroups, .deleteGroups, .offsetDelete:
            writeGroups(key, version, to: &writer)
        }
        writer.endOfStructure()
        return Array(writer.finished().bytes[4...])
    }
}
