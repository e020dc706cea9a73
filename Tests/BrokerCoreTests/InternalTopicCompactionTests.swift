import Records
import SegmentedLog
import Settings
import TestSupport
import Testing

@testable import BrokerCore

@Suite("The compaction of the internal topics")
struct InternalTopicCompactionTests {
    @Test("thousands of commits shrink to a few records, and the last positions and decisions are still those")
    func compaction() async throws {
        let folder = try TemporaryFolder()
        let source = TopicPartition("in")
        // Internal topics that exist are taken as they are: here with small segments.
        let names = [OffsetRecord.topic, TransactionRecord.topic]
        let config = TopicConfig(isCompacted: true, segmentBytes: 4000)
        try TopicCatalog.save(
            names.map { TopicDescription(name: $0, id: $0, partitionCount: 1, config: config) },
            to: TopicCatalog.file(folder.path, FileDisk()), spending: .none)
        var broker = try await Broker.open(directory: folder.path, settings: EmbeddedSettings(flush: .os))
        _ = try await broker.ensureTopic("in")
        let plain = try broker.join(group: "plain", topics: ["in"])
        let transactional = try broker.join(group: "transactional", topics: ["in"])
        for member in [plain, transactional] { _ = try await member.drain() }
        let session = try await broker.beginSession(transactionalId: "x")
        for number in 0..<300 as Range<Int64> {
            try await plain.commit([source: CommittedPosition(offset: 0, metadata: "p\(number)")])
            try await session.commit([source: CommittedPosition(offset: 0, metadata: "t\(number)")], of: transactional)
        }
        // What compaction removes must be durable first.
        for name in names { try await broker.log(of: TopicPartition(name))?.flush() }
        let sizes = { names.compactMap { broker.log(of: TopicPartition($0))?.sizeInBytes } }
        let before = sizes()
        await broker.runMaintenance()
        for (before, after) in zip(before, sizes()) { #expect(after * 4 < before) }
        try await broker.close()

        broker = try await Broker.open(directory: folder.path)
        #expect(broker.committed(group: "plain")[source]?.metadata == "p299")
        #expect(broker.committed(group: "transactional")[source]?.metadata == "t299")
        try await broker.close()
    }
}
