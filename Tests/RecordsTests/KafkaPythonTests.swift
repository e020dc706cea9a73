import Compression
import Foundation
import TestSupport
import Testing

@testable import Records

@Suite("Cross-check against kafka-python", .enabled(if: PythonInterpreter.path != nil, "no Python: run make test"))
struct KafkaPythonTests {
    /// A batch as kafka-python reads it.
    private struct Batch: Decodable {
        var baseOffset: Int64
        var lastOffset: Int64
        var leaderEpoch: Int32
        var isChecksumValid: Bool
        var codec: String
        var isTransactional: Bool
        var isControl: Bool
        var producerId: Int64
        var producerEpoch: Int16
        var baseSequence: Int32
        var maxTimestamp: Int64
        var records: [SampleRecord]
    }

    private static func read(_ batches: [RecordBatch]) async throws -> [Batch] {
        let folder = try TemporaryFolder()
        try Data(batches.flatMap { $0.encoded() }).write(to: URL(filePath: folder("batches")))
        let seen = try await Python.run(["read", folder("batches")], folder: folder)
        return try JSONDecoder().decode([Batch].self, from: seen)
    }

    @Test("kafka-python reads what Sluice writes", arguments: CompressionType.allCases)
    func kafkaPythonReads(compression: CompressionType) async throws {
        var random = SeededGenerator.announced(for: "kafkaPythonReads \(compression)")
        let samples = [1, 7, 400].map { SampleRecord.random(count: $0, using: &random) }
        let batches = try samples.map {
            try $0.batch(compression: compression).placed(at: 1000, leaderEpoch: 6)
                .stamped(producerId: 1 << 40, producerEpoch: 9, baseSequence: 1234, isTransactional: true)
        }
        let seen = try await Self.read(batches)
        #expect(seen.count == batches.count)
        for (index, batch) in seen.enumerated() {
            #expect(batch.isChecksumValid)
            #expect(batch.codec == compression.name)
            #expect(batch.baseOffset == 1000)
            #expect(batch.lastOffset == batches[index].lastOffset)
            #expect(batch.leaderEpoch == 6)
            #expect(batch.isTransactional)
            #expect(!batch.isControl)
            #expect(batch.producerId == 1 << 40)
            #expect(batch.producerEpoch == 9)
            #expect(batch.baseSequence == 1234)
            #expect(batch.maxTimestamp == batches[index].maxTimestamp)
            let expected = samples[index].map { record in
                var record = record
                record.offset += 1000
                return record
            }
            #expect(batch.records == expected)
        }
    }

    @Test("kafka-python knows Sluice's control markers")
    func controlMarkers() async throws {
        let marker = RecordBatch.controlMarker(
            commit: true, producerId: 5, producerEpoch: 1, coordinatorEpoch: 3, timestamp: 12)
        let seen = try #require(try await Self.read([marker]).first)
        #expect(seen.isChecksumValid)
        #expect(seen.isControl)
        #expect(seen.isTransactional)
        #expect(seen.records.first?.key == Data([0, 0, 0, 1]))
    }

    @Test("Sluice reads what kafka-python writes", arguments: CompressionType.allCases)
    func sluiceReads(compression: CompressionType) async throws {
        var random = SeededGenerator.announced(for: "sluiceReads \(compression)")
        let samples = [1, 9, 700].map { SampleRecord.random(count: $0, using: &random) }
        let batches = try await Self.written(samples, compression: compression)
        #expect(try batches.map { try [SampleRecord]($0) } == samples)
        // kafka-python leaves a batch uncompressed that compression would not shorten: only the long one is sure.
        #expect(batches.last?.header.compression == compression)
        for batch in batches {
            #expect(batch.header.isTransactional)
            #expect(batch.header.producerId == 4711)
            #expect(batch.header.producerEpoch == 3)
            #expect(batch.header.baseSequence == 17)
        }
    }

    @Test("an uncompressed batch is byte for byte the one kafka-python writes")
    func sameBytes() async throws {
        var random = SeededGenerator.announced(for: "sameBytes")
        let samples = [1, 20, 500].map { SampleRecord.random(count: $0, using: &random) }
        let theirs = try await Self.written(samples, compression: .none).map { $0.encoded() }
        let ours = try samples.map {
            try $0.batch().placed(at: 0, leaderEpoch: 0)
                .stamped(producerId: 4711, producerEpoch: 3, baseSequence: 17, isTransactional: true).encoded()
        }
        #expect(ours == theirs)
    }

    private static func written(
        _ samples: [[SampleRecord]], compression: CompressionType
    ) async throws -> [RecordBatch] {
        let folder = try TemporaryFolder()
        try await Python.run(
            ["write", compression.name, folder("batches")], input: JSONEncoder().encode(samples), folder: folder)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder("batches"))))
        let batches = try RecordBatch.batches(in: bytes, range: bytes.indices)
        #expect(batches.map(\.sizeInBytes).reduce(0, +) == bytes.count)
        return batches
    }
}
