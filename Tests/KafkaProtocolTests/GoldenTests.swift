import Records
import Testing

@testable import KafkaProtocol

/// Requests of real clients, byte for byte.
@Suite("Golden requests")
struct GoldenTests {
    /// What each client calls itself, and the versions that it sends to this broker: API.version.
    static let clients: [(name: String, id: String, versions: String)] = [
        ("kcat", "kcat", "0.7 1.11 2.2 3.4 8.7 9.7 10.2 11.5 12.3 13.1 14.3 18.3 22.4"),
        (
            "confluent-kafka", "rdkafka",
            """
            0.10 1.16 2.7 3.13 8.9 9.9 10.2 11.5 12.3 13.1 14.3 15.5 16.5 18.3 19.4 20.4 21.2 22.4 24.0 25.0 26.1 28.3 30.2 32.1 33.2 37.2 \
            42.2 44.1
            """
        ),
        (
            "java", "java-4.3.0",
            """
            0.11 0.13 1.17 2.10 3.13 8.9 9.9 10.6 11.9 12.4 13.5 14.5 15.6 16.5 18.4 19.7 20.6 21.2 22.5 23.4 24.3 25.4 26.4 28.4 29.3 31.3 32.4 \
            35.4 37.3 42.2 43.2 44.1 46.0 47.0 48.1 49.1 50.0 51.0 55.2 60.2 61.0 65.0 66.2 74.1 75.0
            """
        ),
        (
            "kafka-python", "kafka-python",
            """
            0.9 1.12 2.10 3.13 8.8 9.8 10.6 11.7 12.4 13.5 14.5 18.4 19.7 20.6 22.4 24.3 25.3 26.3 28.3 35.4 46.0 50.0 55.2 74.1 75.0
            """
        ),
        (
            "aiokafka", "aiokafka",
            "0.7 1.11 2.3 3.5 8.3 9.3 10.1 11.5 12.1 13.1 14.3 18.0 22.0 24.0 25.0 26.0 28.0"
        ),
    ]

    @Test("of every API and version that a client sends there is one")
    func complete() throws {
        for client in Self.clients {
            for pair in client.versions.split(separator: " ") {
                let numbers = pair.split(separator: ".").compactMap { Int16($0) }
                let key = try #require(APIKey(rawValue: numbers[0]))
                #expect(
                    GoldenRequest.of(key).contains { $0.client == client.name && $0.version == numbers[1] },
                    "\(client.name) \(key) \(numbers[1])")
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

    @Test("InitProducerId begins anew, or goes on where its producer was", arguments: GoldenRequest.of(.initProducerId))
    func initProducerId(golden: GoldenRequest) throws {
        let request: InitProducerIdRequest = try golden.decoded()
        #expect(request.producerId >= -1)
        #expect((request.producerId == -1) == (request.producerEpoch == -1))
    }

    @Test("AddPartitionsToTxn names partitions", arguments: GoldenRequest.of(.addPartitionsToTxn))
    func addPartitionsToTxn(golden: GoldenRequest) throws {
        let request: AddPartitionsToTxnRequest = try golden.decoded()
        #expect(!request.transactionalId.isEmpty && request.producerId >= 0 && request.producerEpoch >= 0)
        #expect(!request.topics.isEmpty && request.topics.allSatisfy { !$0.name.isEmpty && !$0.partitions.isEmpty })
    }

    @Test("EndTxn says whose transaction ends", arguments: GoldenRequest.of(.endTxn))
    func endTxn(golden: GoldenRequest) throws {
        let request: EndTxnRequest = try golden.decoded()
        #expect(!request.transactionalId.isEmpty && request.producerId >= 0 && request.producerEpoch >= 0)
    }

    @Test("TxnOffsetCommit has the positions of a group", arguments: GoldenRequest.of(.txnOffsetCommit))
    func txnOffsetCommit(golden: GoldenRequest) throws {
        let request: TxnOffsetCommitRequest = try golden.decoded()
        #expect(!request.groupId.isEmpty && request.producerId >= 0)
        for topic in request.topics { #expect(topic.partitions.allSatisfy { $0.offset > 0 }) }
    }

    @Test("CreateTopics names topics", arguments: GoldenRequest.of(.createTopics))
    func createTopics(golden: GoldenRequest) throws {
        let request: CreateTopicsRequest = try golden.decoded()
        for topic in request.topics { #expect(!topic.name.isEmpty && topic.partitionCount >= -1) }
    }
}
