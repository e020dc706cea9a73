import Records
import Testing

@testable import KafkaProtocol

/// Requests of real clients, byte for byte.
@Suite("Golden requests")
struct GoldenTests {
    /// What each client calls itself, and the versions that it sends to this broker, by the APIs' keys.
    static let clients: [(name: String, id: String, versions: KeyValuePairs<Int16, Int16>)] = [
        (
            "kcat", "rdkafka",
            [0: 7, 1: 11, 2: 2, 3: 4, 18: 3, 22: 4]
        ),
        (
            "confluent-kafka", "rdkafka",
            [0: 10, 1: 16, 2: 7, 3: 13, 18: 3, 22: 4]
        ),
        (
            "java", "java-4.3.0",
            [0: 13, 1: 17, 2: 10, 3: 13, 18: 4, 22: 5]
        ),
        (
            "kafka-python", "kafka-python",
            [0: 9, 1: 12, 2: 10, 3: 13, 18: 4, 22: 4]
        ),
        (
            "aiokafka", "aiokafka",
            [0: 7, 1: 11, 2: 3, 3: 5, 18: 0, 22: 0]
        ),
    ]

    @Test("of every API and version that a client sends there is one")
    func complete() {
        for client in Self.clients {
            for (number, version) in client.versions {
                #expect(
                    GoldenRequest.all.contains {
                        $0.client == client.name && $0.key.rawValue == number && $0.version == version
                    }, "\(client.name) \(number) \(version)")
            }
        }
    }

    @Test("it is read to its last byte, and its header says who sent it", arguments: GoldenRequest.all)
    func read(golden: GoldenRequest) throws {
        try FuzzTests.read(golden.bytes)
        var reader = FrameReader(golden.bytes)
        let header = try RequestHeader(&reader)
        #expect(header.apiKey == golden.key.rawValue && header.version == golden.version)
        let id = try #require(Self.clients.first { $0.name == golden.client }?.id)
        #expect(header.clientId?.hasPrefix(id) == true, "\(header.clientId ?? "none")")
    }

    @Test("Produce has one sound batch for each partition", arguments: GoldenRequest.of(.produce))
    func produce(golden: GoldenRequest) throws {
        let request: ProduceRequest = try golden.decoded()
        #expect(request.acks == -1 || request.acks == 1)
        #expect(!request.topics.isEmpty)
        for topic in request.topics {
            #expect(topic.name.isEmpty == (golden.version >= 13))
            #expect((topic.id == .none) == (golden.version < 13))
            for partition in topic.partitions {
                let batch = try RecordBatch(validating: golden.bytes, range: try #require(partition.records))
                #expect(batch.recordCount > 0)
            }
        }
    }

    @Test("Fetch asks for partitions from an offset on", arguments: GoldenRequest.of(.fetch))
    func fetch(golden: GoldenRequest) throws {
        let request: FetchRequest = try golden.decoded()
        #expect((1...60_000).contains(request.waitMaxMilliseconds) && request.bytesMin == 1)
        #expect(request.bytesMax > 0)
        for partition in try #require(request.topics.first).partitions {
            #expect(partition.index >= 0 && partition.offset >= 0 && partition.bytesMax >= 1 << 20)
            #expect(partition.leaderEpoch >= -1)
        }
    }

    @Test("ListOffsets asks for a time or an end", arguments: GoldenRequest.of(.listOffsets))
    func listOffsets(golden: GoldenRequest) throws {
        let request: ListOffsetsRequest = try golden.decoded()
        let topic = try #require(request.topics.first)
        #expect(topic.name.wholeMatch(of: /[\w.-]+/) != nil)
        for partition in topic.partitions { #expect(partition.timestamp >= -4) }
    }

    @Test("Metadata asks for topics by their names", arguments: GoldenRequest.of(.metadata))
    func metadata(golden: GoldenRequest) throws {
        let request: MetadataRequest = try golden.decoded()
        for topic in request.topics ?? [] {
            #expect(topic.name?.wholeMatch(of: /[\w.-]+/) != nil || topic.id != .none)
        }
    }

    @Test("InitProducerId begins anew", arguments: GoldenRequest.of(.initProducerId))
    func initProducerId(golden: GoldenRequest) throws {
        let request: InitProducerIdRequest = try golden.decoded()
        #expect(request.producerId == -1 && request.producerEpoch == -1)
    }
}
