/// The APIs this broker serves, by their keys, and the versions of each. Numbers and versions: the message schemas of Apache Kafka 4.3.0.
package enum APIKey: Int16, CaseIterable, Sendable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case offsetCommit = 8
    case offsetFetch = 9
    case findCoordinator = 10
    case joinGroup = 11
    case heartbeat = 12
    case leaveGroup = 13
    case syncGroup = 14
    case describeGroups = 15
    case listGroups = 16
    case apiVersions = 18
    case createTopics = 19
    case deleteTopics = 20
    case deleteRecords = 21
    case initProducerId = 22
    case offsetForLeaderEpoch = 23
    case addPartitionsToTxn = 24
    case addOffsetsToTxn = 25
    case endTxn = 26
    case txnOffsetCommit = 28
    case describeAcls = 29
    case createAcls = 30
    case deleteAcls = 31
    case describeConfigs = 32
    case alterConfigs = 33
    case describeLogDirs = 35
    case createPartitions = 37
    case deleteGroups = 42
    case electLeaders = 43
    case incrementalAlterConfigs = 44
    case listPartitionReassignments = 46
    case offsetDelete = 47
    case describeClientQuotas = 48
    case alterClientQuotas = 49
    case describeUserScramCredentials = 50
    case alterUserScramCredentials = 51
    case describeQuorum = 55
    case describeCluster = 60
    case describeProducers = 61
    case describeTransactions = 65
    case listTransactions = 66
    case listConfigResources = 74
    case describeTopicPartitions = 75

    /// The versions that can be read and answered.
    package var versions: ClosedRange<Int16> {
        switch self {
        case .produce: 3...13
        case .fetch: 4...17
        case .listOffsets: 1...10
        case .metadata: 0...13
        case .offsetCommit: 2...10
        case .offsetFetch: 1...10
        case .findCoordinator: 0...6
        case .joinGroup: 0...9
        case .heartbeat: 0...4
        case .leaveGroup: 0...5
        case .syncGroup: 0...5
        case .describeGroups: 0...6
        case .listGroups: 0...5
        case .apiVersions: 0...4
        case .createTopics: 2...7
        case .deleteTopics: 1...6
        case .deleteRecords: 0...2
        case .initProducerId: 0...5
        case .offsetForLeaderEpoch: 2...4
        case .addPartitionsToTxn: 0...3
        case .addOffsetsToTxn: 0...4
        case .endTxn: 0...4
        case .txnOffsetCommit: 0...5
        case .describeAcls: 1...3
        case .createAcls: 1...3
        case .deleteAcls: 1...3
        case .describeConfigs: 1...4
        case .alterConfigs: 0...2
        case .describeLogDirs: 1...4
        case .createPartitions: 0...3
        case .deleteGroups: 0...2
        case .electLeaders: 0...2
        case .incrementalAlterConfigs: 0...1
        case .listPartitionReassignments: 0...0
        case .offsetDelete: 0...0
        case .describeClientQuotas: 0...1
        case .alterClientQuotas: 0...1
        case .describeUserScramCredentials: 0...0
        case .alterUserScramCredentials: 0...0
        case .describeQuorum: 0...2
        case .describeCluster: 0...2
        case .describeProducers: 0...0
        case .describeTransactions: 0...0
        case .listTransactions: 0...2
        case .listConfigResources: 0...1
        case .describeTopicPartitions: 0...0
        }
    }

    /// The versions named to clients. librdkafka takes a broker without Produce 0 for one that cannot take compressed batches (KAFKA-18659); 0 to 2 are
    /// not served all the same.
    package var advertisedVersions: ClosedRange<Int16> {
        self == .produce ? 0...versions.upperBound : versions
    }

    /// The first version whose strings, arrays and structures are written the compact way, with tagged fields (KIP-482).
    private var firstFlexibleVersion: Int16 {
        switch self {
        case .fetch: 12
        case .produce, .metadata: 9
        case .listOffsets, .offsetFetch, .joinGroup: 6
        case .offsetCommit: 8
        case .createTopics, .describeGroups: 5
        case .deleteTopics, .offsetForLeaderEpoch, .describeConfigs, .heartbeat, .leaveGroup, .syncGroup: 4
        case .findCoordinator, .listGroups, .apiVersions, .addPartitionsToTxn, .addOffsetsToTxn, .endTxn,
            .txnOffsetCommit:
            3
        case .deleteRecords, .initProducerId, .describeAcls, .createAcls, .deleteAcls, .alterConfigs,
            .describeLogDirs, .createPartitions, .electLeaders, .deleteGroups:
            2
        case .incrementalAlterConfigs, .describeClientQuotas, .alterClientQuotas: 1
        case .listPartitionReassignments, .describeUserScramCredentials, .alterUserScramCredentials, .describeQuorum,
            .describeCluster, .describeProducers, .describeTransactions, .listTransactions, .listConfigResources,
            .describeTopicPartitions:
            0
        case .offsetDelete: .max  // never
        }
    }

    /// Whether that version is a flexible one.
    package func isFlexible(_ version: Int16) -> Bool { version >= firstFlexibleVersion }
}
