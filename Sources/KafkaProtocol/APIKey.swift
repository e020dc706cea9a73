/// The APIs this broker serves, by their keys, and the versions of each. Numbers and versions: the message schemas of Apache Kafka 4.3.0.
package enum APIKey: Int16, CaseIterable, Sendable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case findCoordinator = 10
    case apiVersions = 18
    case createTopics = 19
    case deleteTopics = 20
    case deleteRecords = 21
    case initProducerId = 22
    case addPartitionsToTxn = 24
    case addOffsetsToTxn = 25
    case endTxn = 26
    case txnOffsetCommit = 28
    case describeConfigs = 32
    case alterConfigs = 33
    case createPartitions = 37
    case incrementalAlterConfigs = 44
    case describeProducers = 61
    case describeTransactions = 65
    case listTransactions = 66

    /// The versions that can be read and answered.
    package var versions: ClosedRange<Int16> {
        switch self {
        case .produce: 3...13
        case .fetch: 4...17
        case .listOffsets: 1...10
        case .metadata: 0...13
        case .findCoordinator: 0...6
        case .apiVersions: 0...4
        case .createTopics: 2...7
        case .deleteTopics: 1...6
        case .deleteRecords: 0...2
        case .initProducerId: 0...5
        case .addPartitionsToTxn: 0...3
        case .addOffsetsToTxn, .endTxn: 0...4
        case .txnOffsetCommit: 0...5
        case .describeConfigs: 1...4
        case .alterConfigs: 0...2
        case .createPartitions: 0...3
        case .incrementalAlterConfigs: 0...1
        case .describeProducers, .describeTransactions: 0...0
        case .listTransactions: 0...1
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
        case .produce, .metadata: 9
        case .fetch: 12
        case .listOffsets: 6
        case .findCoordinator, .apiVersions: 3
        case .createTopics: 5
        case .deleteTopics, .describeConfigs: 4
        case .initProducerId, .deleteRecords, .alterConfigs, .createPartitions: 2
        case .addPartitionsToTxn, .addOffsetsToTxn, .endTxn, .txnOffsetCommit: 3
        case .incrementalAlterConfigs: 1
        case .describeProducers, .describeTransactions, .listTransactions: 0
        }
    }

    /// Whether that version is a flexible one.
    package func isFlexible(_ version: Int16) -> Bool { version >= firstFlexibleVersion }
}
