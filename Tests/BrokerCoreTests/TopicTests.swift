import Foundation
import Records
import SegmentedLog
import Settings
import Synchronization
import TestSupport
import Testing

@testable import BrokerCore

@Suite("Topics and the data directory")
struct TopicTests {
    @Test("topics with their partitions, configs and records are there after a restart")
    func restart() async throws {
        let folder = try TemporaryFolder()
        let config = TopicConfig(isCompacted: true, segmentBytes: 12345, retentionMilliseconds: -1)
        var broker = try await Broker.open(directory: folder.path)
        let made = try await broker.ensureTopic("nginx.access", partitions: 6, config: config)
        #expect(try await broker.append(batch(["a", "b"]), to: TopicPartition("nginx.access", 5)) == 0)
        #expect(try await broker.append(batch(["c"]), to: TopicPartition("nginx.access", 5)) == 2)
        try await broker.close()

        broker = try await Broker.open(directory: folder.path)
        let topic = try #require(broker.topic(named: "nginx.access"))
        #expect(topic.description == made.description)
        #expect(topic.description.config == config)
        #expect(try await broker.committedTexts(TopicPartition("nginx.access", 5)) == ["a", "b", "c"])
        #expect(try TopicCatalog.read(directory: folder.path).map(\.name).contains("nginx.access"))
        try await broker.close()
    }

    @Test("an existing topic is returned as it is, and the settings' least count is kept")
    func ensuring() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path, settings: EmbeddedSettings(minPartitionCount: 3))
        #expect(try await broker.ensureTopic("t", partitions: 1).partitions.count == 3)
        #expect(try await broker.ensureTopic("t", partitions: 9).partitions.count == 3)
        #expect(try await broker.ensureTopic("u", partitions: 4).partitions.count == 4)
        try await broker.close()
    }

    @Test(
        "a name against Kafka's rules is refused",
        arguments: ["", ".", "..", "a b", "a/b", "ü", String(repeating: "x", count: 250)])
    func badName(name: String) async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        let error = await #expect(throws: BrokerError.self) { try await broker.ensureTopic(name) }
        #expect(error?.code == .invalid)
        try await broker.close()
    }

    @Test("the longest name works")
    func longName() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        let name = String(repeating: "x", count: 249)
        _ = try await broker.ensureTopic(name)
        #expect(try await broker.append(batch(["a"]), to: TopicPartition(name)) == 0)
        try await broker.close()
    }

    @Test("a deleted topic is gone with its folders and its groups' positions")
    func deletion() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        let source = TopicPartition("t")
        let id = try await broker.ensureTopic("t").description.id
        _ = try await broker.append(batch(["a"]), to: source)
        let member = try broker.join(group: "g", topics: ["t"])
        try await member.commit(try await member.drain().nextOffsets)
        #expect(broker.committed(group: "g")[source]?.offset == 1)

        try await broker.deleteTopic("t")
        #expect(broker.committed(group: "g").isEmpty)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/t-0"))
        #expect(try await member.drain().values.isEmpty)
        let error = await #expect(throws: BrokerError.self) { try await broker.append(batch(["b"]), to: source) }
        #expect(error?.code == .unknownTopic)
        #expect(try await broker.ensureTopic("t").description.id != id)
        #expect(try await broker.append(batch(["c"]), to: source) == 0)
        try await broker.close()
    }

    @Test("a deletion that a crash cut short is finished at the next start")
    func deletionCutShort() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        _ = try await broker.ensureTopic("t", partitions: 2)
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        try await member.commit([TopicPartition("t"): CommittedPosition(offset: 0)])
        _ = try await broker.registry.withdraw("t")
        let crashed = try TemporaryFolder.crashed(folder.path)
        try await broker.close()

        let next = try await Broker.open(directory: crashed.path)
        #expect(next.topic(named: "t") == nil)
        #expect(!FileManager.default.fileExists(atPath: crashed.path + "/t-1"))
        #expect(next.committed(group: "g").isEmpty)
        try await next.close()
    }

    @Test("a deletion that found no room is ended by the next call")
    func deletionWithoutRoom() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await Broker.open(directory: folder.path, disk: disk)
        let source = TopicPartition("t")
        _ = try await broker.ensureTopic("t")
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        try await member.commit([source: CommittedPosition(offset: 0)])
        // For the first of the two changes of the catalog, and no more.
        let isTaken = Mutex(false)
        disk.failWrites { path, _ in
            let isFirst = isTaken.withLock { isTaken in
                guard path.contains("topics"), !isTaken else { return false }
                isTaken = true
                return true
            }
            return isFirst ? nil : LogError(.diskFull, "write failed: No space left on device", segment: path)
        }
        let full = await #expect(throws: BrokerError.self) { try await broker.deleteTopic("t") }
        #expect(full?.code == .diskFull)
        disk.makeRoom()
        let half = await #expect(throws: BrokerError.self) { _ = try await broker.ensureTopic("t") }
        #expect(half?.code == .invalid)
        try await broker.deleteTopic("t")
        _ = try await broker.ensureTopic("t")
        #expect(broker.committed(group: "g").isEmpty)
        try await broker.close()
    }

    @Test("a topic is deleted without room for the end of its groups' positions, and the next of its name has none")
    func deletionWithoutRoomForPositions() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await Broker.open(directory: folder.path, disk: disk)
        _ = try await broker.ensureTopic("t")
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        try await member.commit([TopicPartition("t"): CommittedPosition(offset: 0)])
        disk.fill(except: "topics")
        try await broker.deleteTopic("t")
        #expect(broker.topic(named: "t") == nil)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/t-0"))
        disk.makeRoom()
        _ = try await broker.ensureTopic("t")
        #expect(broker.committed(group: "g").isEmpty)
        try await broker.close()
    }

    @Test("the broker's own topics take nobody's records and cannot be deleted")
    func internalTopics() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        for name in ["__consumer_offsets", "__transaction_state"] {
            let append = await #expect(throws: BrokerError.self) {
                try await broker.append(batch(["a"]), to: TopicPartition(name))
            }
            #expect(append?.code == .invalid)
            let deletion = await #expect(throws: BrokerError.self) { try await broker.deleteTopic(name) }
            #expect(deletion?.code == .invalid)
        }
        try await broker.close()
    }

    @Test(
        "a directory with partitions and no catalog is another program's, and nothing in it is touched",
        arguments: ["orders-0", "meta.properties"])
    func foreignDirectory(found: String) async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/orders-0", withIntermediateDirectories: true)
        if found == "meta.properties" {
            try FileManager.default.removeItem(atPath: folder.path + "/orders-0")
            try Data("version=1\n".utf8).write(to: URL(filePath: folder.path + "/meta.properties"))
        }
        let refusal = await #expect(throws: BrokerError.self) { _ = try await Broker.open(directory: folder.path) }
        #expect(refusal?.code == .corrupt)
        #expect(refusal?.message.contains("holds '\(found)' and no file 'topics'") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["lock", found].sorted())
    }

    @Test("a folder that belongs to no topic is no new topic's, nor a grown one's")
    func foreignFolder() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        _ = try await broker.ensureTopic("t")
        for name in ["hits-1", "t-2"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        let made = await #expect(throws: BrokerError.self) { _ = try await broker.ensureTopic("hits", partitions: 2) }
        #expect(made?.message.contains("a folder 'hits-1' that belongs to no topic") == true)
        #expect(broker.topic(named: "hits") == nil)
        let grown = await #expect(throws: BrokerError.self) { try await broker.grow("t", to: 3) }
        #expect(grown?.message.contains("a folder 't-2' that belongs to no topic") == true)
        try await broker.grow("t", to: 2)
        _ = try await broker.ensureTopic("hits", partitions: 1)
        try await broker.close()
    }

    @Test("a second broker on a directory learns which process has it")
    func lock() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        let error = await #expect(throws: BrokerError.self) { _ = try await Broker.open(directory: folder.path) }
        #expect(error?.code == .inUse)
        #expect(
            error?.description.hasPrefix(
                "\(folder.path) is in use by process \(ProcessInfo.processInfo.processIdentifier); stop it") == true)
        try await broker.close()
        try await Broker.open(directory: folder.path).close()
    }

    @Test("a data directory is made with its parents")
    func parents() async throws {
        let folder = try TemporaryFolder()
        try await Broker.open(directory: folder.path + "/a/b/c").close()
        #expect(FileManager.default.fileExists(atPath: folder.path + "/a/b/c/topics"))
    }

    @Test("a damaged catalog is reported with its file and never taken for an empty one")
    func damagedCatalog() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        _ = try await broker.ensureTopic("t")
        try await broker.close()
        let path = folder.path + "/topics"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacingOccurrences(of: "topic t 1", with: "topic t 2").write(
            toFile: path, atomically: true, encoding: .utf8)
        let error = await #expect(throws: BrokerError.self) { _ = try await Broker.open(directory: folder.path) }
        #expect(error?.code == .corrupt)
        #expect(error?.path == path)
    }

    @Test("only a close without errors leaves the clean-shutdown marker")
    func cleanShutdown() async throws {
        let folder = try TemporaryFolder()
        let marker = folder.path + "/clean-shutdown"
        let disk = FaultyDisk()
        var broker = try await Broker.open(directory: folder.path, disk: disk)
        #expect(!FileManager.default.fileExists(atPath: marker))
        try await broker.close()
        #expect(FileManager.default.fileExists(atPath: marker))

        broker = try await Broker.open(directory: folder.path, disk: disk)
        #expect(!FileManager.default.fileExists(atPath: marker))
        _ = try await broker.ensureTopic("t")
        disk.failSyncs { $0.hasSuffix(".log") ? LogError(.io, "fdatasync failed") : nil }
        await #expect(throws: BrokerError.self) { _ = try await broker.append(batch(["a"]), to: TopicPartition("t")) }
        await #expect(throws: BrokerError.self) { try await broker.close() }
        #expect(!FileManager.default.fileExists(atPath: marker))
    }

    @Test("old segments go, and what is left is read from its start")
    func maintenance() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path, settings: EmbeddedSettings(flush: .os))
        _ = try await broker.ensureTopic(
            "old", config: TopicConfig(segmentBytes: 400, retentionBytes: 400, retentionMilliseconds: -1))
        for number in 0..<20 { _ = try await broker.append(batch(["value \(number)"]), to: TopicPartition("old")) }
        await broker.runMaintenance()
        #expect(try #require(broker.log(of: TopicPartition("old"))).startOffset > 0)
        // What is left is read from its start.
        #expect(try await broker.committedTexts(TopicPartition("old")).last == "value 19")
        try await broker.close()
    }
}
