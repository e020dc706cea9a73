import TestSupport
import Testing

@testable import KafkaProtocol

@Suite("Requests from anybody")
struct FuzzTests {
    private func read(_ bytes: [UInt8]) throws(ProtocolError) {
        var reader = FrameReader(bytes)
        let header = try RequestHeader(&reader)
        guard let key = APIKey(rawValue: header.apiKey), key.versions.contains(header.version) else { return }
        switch key {
        case .produce: _ = try ProduceRequest(&reader, version: header.version)
        case .fetch: _ = try FetchRequest(&reader, version: header.version)
        case .listOffsets: _ = try ListOffsetsRequest(&reader, version: header.version)
        case .metadata: _ = try MetadataRequest(&reader, version: header.version)
        case .apiVersions: _ = try ApiVersionsRequest(&reader, version: header.version)
        case .createTopics: _ = try CreateTopicsRequest(&reader, version: header.version)
        case .deleteTopics: _ = try DeleteTopicsRequest(&reader, version: header.version)
        case .deleteRecords: _ = try DeleteRecordsRequest(&reader, version: header.version)
        case .initProducerId: _ = try InitProducerIdRequest(&reader, version: header.version)
        case .describeConfigs: _ = try DescribeConfigsRequest(&reader, version: header.version)
        case .alterConfigs: _ = try AlterConfigsRequest(&reader, version: header.version)
        case .createPartitions: _ = try CreatePartitionsRequest(&reader, version: header.version)
        case .incrementalAlterConfigs: _ = try IncrementalAlterConfigsRequest(&reader, version: header.version)
        }
    }

    @Test(
        "every version of every request is read to its last byte, and refused when a byte is missing or one more is there"
    )
    func whole() throws {
        for key in APIKey.allCases {
            for version in key.versions {
                let bytes = SampleRequest.bytes(key, version)
                try read(bytes)
                // See there why that of Metadata may be longer.
                if key != .metadata || !key.isFlexible(version) {
                    #expect(throws: ProtocolError.self, "\(key) \(version)") { try read(bytes + [0]) }
                }
                // Shorter than its key and version it is a request of nobody knows what; from there on each byte is needed.
                for count in 8..<bytes.count {
                    #expect(throws: ProtocolError.self, "\(key) \(version) \(count)") {
                        try read(Array(bytes[..<count]))
                    }
                }
            }
        }
    }

    @Test("a mutated request is read or refused, and never traps")
    func mutations() {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let originals = APIKey.allCases.flatMap { key in key.versions.map { SampleRequest.bytes(key, $0) } }
        var refused = 0
        for _ in 0..<200_000 {
            guard var bytes = originals.randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > 8 {
                let place = Int.random(in: 4..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert([0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0, at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            do { try read(bytes) } catch { refused += 1 }
        }
        #expect(refused > 20_000, "seed \(seed)")
    }
}
