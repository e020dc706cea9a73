import TestSupport
import Testing

@testable import KafkaProtocol

@Suite("Requests from anybody")
struct FuzzTests {
    /// Reads a request as the server does.
    static func read(_ bytes: [UInt8]) throws(ProtocolError) {
        var reader = FrameReader(bytes)
        let header = try RequestHeader(&reader)
        guard let key = APIKey(rawValue: header.apiKey), key.versions.contains(header.version) else { return }
        switch key {
        case .produce: _ = try ProduceRequest(&reader, version: header.version)
        case .fetch: _ = try FetchRequest(&reader, version: header.version)
        case .listOffsets: _ = try ListOffsetsRequest(&reader, version: header.version)
        case .metadata: _ = try MetadataRequest(&reader, version: header.version)
        case .findCoordinator: _ = try FindCoordinatorRequest(&reader, version: header.version)
        case .apiVersions: _ = try ApiVersionsRequest(&reader, version: header.version)
        case .createTopics: _ = try CreateTopicsRequest(&reader, version: header.version)
        case .deleteTopics: _ = try DeleteTopicsRequest(&reader, version: header.version)
        case .deleteRecords: _ = try DeleteRecordsRequest(&reader, version: header.version)
        case .initProducerId: _ = try InitProducerIdRequest(&reader, version: header.version)
        case .offsetForLeaderEpoch: _ = try OffsetForLeaderEpochRequest(&reader, version: header.version)
        case .addPartitionsToTxn: _ = try AddPartitionsToTxnRequest(&reader, version: header.version)
        case .addOffsetsToTxn: _ = try AddOffsetsToTxnRequest(&reader, version: header.version)
        case .endTxn: _ = try EndTxnRequest(&reader, version: header.version)
        case .txnOffsetCommit: _ = try TxnOffsetCommitRequest(&reader, version: header.version)
        case .describeAcls: _ = try DescribeAclsRequest(&reader, version: header.version)
        case .createAcls: _ = try CreateAclsRequest(&reader, version: header.version)
        case .deleteAcls: _ = try DeleteAclsRequest(&reader, version: header.version)
        case .describeConfigs: _ = try DescribeConfigsRequest(&reader, version: header.version)
        case .alterConfigs: _ = try AlterConfigsRequest(&reader, version: header.version)
        case .describeLogDirs: _ = try DescribeLogDirsRequest(&reader, version: header.version)
        case .createPartitions: _ = try CreatePartitionsRequest(&reader, version: header.version)
        case .electLeaders: _ = try ElectLeadersRequest(&reader, version: header.version)
        case .incrementalAlterConfigs: _ = try IncrementalAlterConfigsRequest(&reader, version: header.version)
        case .listPartitionReassignments: _ = try ListPartitionReassignmentsRequest(&reader, version: header.version)
        case .describeClientQuotas: _ = try DescribeClientQuotasRequest(&reader, version: header.version)
        case .alterClientQuotas: _ = try AlterClientQuotasRequest(&reader, version: header.version)
        case .describeUserScramCredentials:
            _ = try DescribeUserScramCredentialsRequest(&reader, version: header.version)
        case .alterUserScramCredentials: _ = try AlterUserScramCredentialsRequest(&reader, version: header.version)
        case .describeQuorum: _ = try DescribeQuorumRequest(&reader, version: header.version)
        case .describeCluster: _ = try DescribeClusterRequest(&reader, version: header.version)
        case .describeProducers: _ = try DescribeProducersRequest(&reader, version: header.version)
        case .describeTransactions: _ = try DescribeTransactionsRequest(&reader, version: header.version)
        case .listTransactions: _ = try ListTransactionsRequest(&reader, version: header.version)
        case .listConfigResources: _ = try ListConfigResourcesRequest(&reader, version: header.version)
        case .describeTopicPartitions: _ = try DescribeTopicPartitionsRequest(&reader, version: header.version)
        case .offsetCommit: _ = try OffsetCommitRequest(&reader, version: header.version)
        case .offsetFetch: _ = try OffsetFetchRequest(&reader, version: header.version)
        case .joinGroup: _ = try JoinGroupRequest(&reader, version: header.version)
        case .heartbeat: _ = try HeartbeatRequest(&reader, version: header.version)
        case .leaveGroup: _ = try LeaveGroupRequest(&reader, version: header.version)
        case .syncGroup: _ = try SyncGroupRequest(&reader, version: header.version)
        case .describeGroups: _ = try DescribeGroupsRequest(&reader, version: header.version)
        case .listGroups: _ = try ListGroupsRequest(&reader, version: header.version)
        case .deleteGroups: _ = try DeleteGroupsRequest(&reader, version: header.version)
        case .offsetDelete: _ = try OffsetDeleteRequest(&reader, version: header.version)
        }
    }

    @Test(
        "every version of every request is read to its last byte, and refused when a byte is missing or one more is there"
    )
    func whole() throws {
        for key in APIKey.allCases {
            for version in key.versions {
                let bytes = SampleRequest.bytes(key, version)
                try Self.read(bytes)
                // See there why those of Metadata and of ListGroups may be longer.
                if !(key == .metadata && key.isFlexible(version) || key == .listGroups && version == 4) {
                    #expect(throws: ProtocolError.self, "\(key) \(version)") { try Self.read(bytes + [0]) }
                }
                // Shorter than its key and version it is a request of nobody knows what; from there on each byte is needed.
                for count in 8..<bytes.count {
                    #expect(throws: ProtocolError.self, "\(key) \(version) \(count)") {
                        try Self.read(Array(bytes[..<count]))
                    }
                }
            }
        }
    }

    @Test("a mutated request is read or refused, takes little memory, and never traps")
    func mutations() {
        var random = SeededGenerator.announced(for: "mutated requests")
        let originals =
            APIKey.allCases.flatMap { key in key.versions.map { SampleRequest.bytes(key, $0) } }
            + GoldenRequest.all.map(\.bytes)
        var refused = 0
        let growth = PeakMemory.during {
            for _ in 0..<1_000_000 {
                let bytes = Self.mutated(originals[random.below(originals.count)], &random)
                do { try Self.read(bytes) } catch { refused += 1 }
            }
        }
        #expect(refused > 100_000)
        #expect(growth < 64 << 20)
    }

    /// One to four bytes changed, taken out, put in, or all from a place on cut off; but for the API's key and version.
    private static func mutated(_ original: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0...random.below(4) where bytes.count > 8 {
            let place = 4 + random.below(bytes.count - 4)
            switch random.below(4) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(([0, 1, 0x7F, 0x80, 0xFF] as [UInt8])[random.below(5)], at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }

    @Test("elements of a byte each take no more than 256 times their room in the frame", arguments: [0, 1] as [UInt8])
    func small(byte: UInt8) {
        let count = 1 << 16
        for key in APIKey.allCases {
            for version in [key.versions.lowerBound, key.versions.upperBound] {
                // An array of as many elements as there are bytes, at one of the places behind the header.
                for place in 0..<8 {
                    var bytes = Array(SampleRequest.bytes(key, version).prefix(key.isFlexible(version) ? 15 : 14))
                    bytes += [UInt8](repeating: byte, count: place)
                    bytes += key.isFlexible(version) ? [0x80, 0x80, 0x04] : [0, 1, 0, 0]
                    bytes += [UInt8](repeating: byte, count: count)
                    let growth = PeakMemory.during { try? Self.read(bytes) }
                    #expect(growth < 256 * count, "\(key) \(version), place \(place)")
                }
            }
        }
    }
}
