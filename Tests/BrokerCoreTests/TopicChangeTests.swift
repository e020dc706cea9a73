import Foundation
import Records
import SegmentedLog
import Settings
import TestSupport
import Testing

@testable import BrokerCore

@Suite("Changing topics")
struct TopicChangeTests {
    @Test("a changed config holds for the open log, and after a crash")
    func configs() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        _ = try await broker.createTopic("t", partitions: 2, config: TopicConfig())
        try await broker.configure(topic: "t", [.set("segment.bytes", to: "4000"), .set("retention.ms", to: "-1")])
        let log = try #require(broker.log(of: TopicPartition("t", 1)))
        #expect(log.config.segmentBytes == 4000)
        #expect(log.config.retentionMilliseconds == nil)
        await #expect(throws: BrokerError.self) {
            try await broker.configure(topic: "t", [.set("segment.bytes", to: "5000"), .set("retention.ms", to: "x")])
        }
        try await broker.configure(topic: "t", [.set("segment.bytes", to: "6000")], isTrial: true)
        #expect(log.config.segmentBytes == 4000)
        let crashed = try TemporaryFolder.crashed(folder.path)
        try await broker.close()

        let next = try await Broker.open(directory: crashed.path)
        #expect(next.log(of: TopicPartition("t", 1))?.config.segmentBytes == 4000)
        try await next.close()
    }

    @Test("the broker's changed config holds for open and new logs whose topics set nothing, and after a crash")
    func brokerConfigs() async throws {
        let folder = try TemporaryFolder()
        let started = EmbeddedSettings(segmentBytes: 1 << 20)
        let broker = try await Broker.open(directory: folder.path, settings: started)
        _ = try await broker.createTopic("follows", partitions: 1, config: TopicConfig())
        _ = try await broker.createTopic("own", partitions: 1, config: TopicConfig(segmentBytes: 4000))
        let (follows, own) = (TopicPartition("follows", 0), TopicPartition("own", 0))
        try await broker.configure([
            .set("log.segment.bytes", to: "5000"), .set("log.cleanup.policy", to: "compact"),
            .set("message.max.bytes", to: "100"),
        ])
        let log = try #require(broker.log(of: follows))
        #expect(log.config.segmentBytes == 5000)
        #expect(log.config.maxBatchBytes == 100)
        #expect(broker.log(of: own)?.config.segmentBytes == 4000)
        #expect(broker.topic(named: "own")?.isCompacted == true)
        _ = try await broker.createTopic("new", partitions: 1, config: TopicConfig())
        #expect(broker.log(of: TopicPartition("new", 0))?.config.segmentBytes == 5000)
        // The broker's own records are not cut short by it.
        let positions = try #require(broker.log(of: TopicPartition(OffsetRecord.topic, 0)))
        #expect(positions.config.maxBatchBytes == Broker.internalSegmentBytesByDefault)

        let refused = await #expect(throws: BrokerError.self) {
            try await broker.configure([.set("log.segment.bytes", to: "6000"), .set("num.partitions", to: "2")])
        }
        #expect(refused?.message.hasPrefix("'num.partitions' cannot be changed while the broker runs") == true)
        let wrong = await #expect(throws: BrokerError.self) {
            try await broker.configure([.set("log.segment.bytes", to: "x")])
        }
        #expect(wrong?.message.hasPrefix("log.segment.bytes=x: ") == true)
        try await broker.configure([.set("log.segment.bytes", to: "6000")], isTrial: true)
        #expect(log.config.segmentBytes == 5000)
        let crashed = try TemporaryFolder.crashed(folder.path)
        try await broker.close()

        let next = try await Broker.open(directory: crashed.path, settings: started)
        #expect(next.log(of: follows)?.config.segmentBytes == 5000)
        let entry = try #require(next.configs.first { $0.name == "log.segment.bytes" })
        #expect(entry.synonyms.map(\.source) == [.broker, .settings, .standard])
        #expect(entry.synonyms.map(\.value) == ["5000", "1048576", "1073741824"])
        try await next.configure([.reset("log.segment.bytes")])
        #expect(next.log(of: follows)?.config.segmentBytes == 1 << 20)
        try await next.configure([.append("log.cleanup.policy", "delete")], replacing: true)
        #expect(next.configs.filter { $0.source == .broker }.map(\.name) == ["log.cleanup.policy"])
        #expect(next.log(of: follows)?.config.cleanupPolicy == .delete)
        try await next.close()
    }

    @Test("a topic whose growth came to an end halfway leaves nothing in the way of the next of its name")
    func deletedAfterGrowth() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        _ = try await broker.createTopic("t", partitions: 1, config: TopicConfig())
        // The folder of a partition that cannot be opened: a file has its name.
        let blocked = folder.path + "/t-2"
        try Data().write(to: URL(filePath: blocked))
        await #expect(throws: BrokerError.self) { try await broker.grow("t", to: 3) }
        #expect(FileManager.default.fileExists(atPath: folder.path + "/t-1"))
        try FileManager.default.removeItem(atPath: blocked)
        try await broker.deleteTopic("t")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/t-1"))
        _ = try await broker.createTopic("t", partitions: 3, config: TopicConfig())
        try await broker.close()
    }

    @Test("a growth that found no room is ended by the same call, or by the next start")
    func growth() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await Broker.open(directory: folder.path, disk: disk)
        _ = try await broker.createTopic("t", partitions: 2, config: TopicConfig())
        _ = try await broker.append(batch(["a"]), to: TopicPartition("t", 1))
        // First the catalog cannot be written, then the third of the new partitions' files cannot be made.
        for place in ["/topics", "/t-4/"] {
            disk.failOpens { $0.contains(place) ? LogError(.diskFull, "no room") : nil }
            let error = await #expect(throws: BrokerError.self) { try await broker.grow("t", to: 5) }
            #expect(error?.code == .diskFull)
            #expect(broker.topic(named: "t")?.partitions.count == 2)
            disk.failOpens(nil)
        }
        // The catalog has five by now: none of them is taken away.
        await #expect(throws: BrokerError.self) { try await broker.grow("t", to: 4) }
        #expect(try await broker.append(batch(["a"]), to: TopicPartition("t", 0)) == 0)
        try await broker.grow("t", to: 5)
        #expect(broker.topic(named: "t")?.description.partitionCount == 5)
        #expect(try await broker.append(batch(["b"]), to: TopicPartition("t", 4)) == 0)
        let crashed = try TemporaryFolder.crashed(folder.path)
        try FileManager.default.removeItem(atPath: crashed.path + "/t-3")
        try await broker.close()

        let next = try await Broker.open(directory: crashed.path)
        #expect(try await next.append(batch(["c"]), to: TopicPartition("t", 3)) == 0)
        #expect(try await next.committedTexts(TopicPartition("t", 4)) == ["b"])
        #expect(try await next.committedTexts(TopicPartition("t", 1)) == ["a"])
        try await next.close()
    }

    @Test("records are deleted up to an offset or to the end, and stay so after a crash")
    func records() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        let source = TopicPartition("t")
        _ = try await broker.createTopic("t", partitions: 1, config: TopicConfig())
        _ = try await broker.append(batch(["a", "b", "c"]), to: source)
        #expect(try await broker.deleteRecords(before: 2, in: source) == 2)
        let beyond = await #expect(throws: BrokerError.self) { try await broker.deleteRecords(before: 4, in: source) }
        #expect((beyond?.cause as? LogError)?.code == .offsetOutOfRange)
        let crashed = try TemporaryFolder.crashed(folder.path)
        #expect(try await broker.deleteRecords(before: nil, in: source) == 3)
        try await broker.close()

        let next = try await Broker.open(directory: crashed.path)
        #expect(next.log(of: source)?.startOffset == 2)
        try await next.close()
    }

    @Test("a topic that is there is not made again, and a trial makes none")
    func creation() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path, settings: EmbeddedSettings(minPartitionCount: 3))
        #expect(
            try await broker.createTopic("t", partitions: nil, config: TopicConfig(), isTrial: true).partitionCount == 3
        )
        #expect(broker.topic(named: "t") == nil)
        #expect(try await broker.createTopic("t", partitions: 1, config: TopicConfig()).partitionCount == 1)
        let again = await #expect(throws: BrokerError.self) {
            try await broker.createTopic("t", partitions: 1, config: TopicConfig())
        }
        #expect(again?.code == .topicExists)
        try await broker.close()
    }
}
