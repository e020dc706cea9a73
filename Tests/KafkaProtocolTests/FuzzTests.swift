import TestSupport
import Testing

@testable import KafkaProtocol

@Suite("Requests from anybody")
struct FuzzTests {
    /// A request of that API and version with every field in it, as a client might write it.
    private func request(_ key: APIKey, _ version: Int16) -> [UInt8] {
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
                    writer.records([])
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
        case .initProducerId:
            writer.string(nil)
            writer.int32(60_000)
            if version >= 3 {
                writer.int64(-1)
                writer.int16(-1)
            }
        }
        writer.endOfStructure()
        return Array(writer.finished()[4...])
    }

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
        case .initProducerId: _ = try InitProducerIdRequest(&reader, version: header.version)
        }
    }

    @Test(
        "every version of every request is read to its last byte, and refused when a byte is missing or one more is there"
    )
    func whole() throws {
        for key in APIKey.allCases {
            for version in key.versions {
                let bytes = request(key, version)
                try read(bytes)
                #expect(throws: ProtocolError.self, "\(key) \(version)") { try read(bytes + [0]) }
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
        let originals = APIKey.allCases.flatMap { key in key.versions.map { request(key, $0) } }
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
