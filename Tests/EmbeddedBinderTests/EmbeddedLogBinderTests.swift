import BinderKit
import Foundation
import Records
import Settings
import TestSupport
import Testing

@testable import EmbeddedBinder

@Suite("The embedded log's binder")
struct EmbeddedLogBinderTests {
    private let input = TopicPartition(topic: "in", partition: 0)
    private let output = TopicPartition(topic: "out", partition: 0)

    private func withBinder(
        _ settings: EmbeddedSettings = EmbeddedSettings(), _ body: (EmbeddedLogBinder) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let binder = try await EmbeddedLogBinder.open(directory: folder.path, settings: settings)
        try await body(binder)
        try await binder.close()
    }

    private func batch(_ values: String...) throws -> RecordBatch {
        var builder = RecordBatchBuilder()
        for value in values {
            Array(value.utf8).withUnsafeBytes { builder.append(key: nil, value: $0, timestamp: 1) }
        }
        return try builder.build()
    }

    private func delivery(_ channel: any InputChannel) async throws -> Delivery? {
        while let event = try await channel.next(waitingUpTo: .seconds(60)) {
            switch event {
            case .delivery(let delivery): return delivery
            case .idle: return nil
            case .assigned, .revoked: continue
            }
        }
        return nil
    }

    @Test("a topic is provisioned once, with at least the settings' count")
    func provisioning() async throws {
        try await withBinder(EmbeddedSettings(minPartitionCount: 2)) { binder in
            #expect(binder.capabilities == [.transactions, .compaction])
            let made = try await binder.provision(TopicSpecification(name: "t", partitions: 1))
            let again = try await binder.provision(TopicSpecification(name: "t", partitions: 8))
            let larger = try await binder.provision(TopicSpecification(name: "u", partitions: 3, isCompacted: true))
            #expect([made, again, larger] == [2, 2, 3])
            let error = await #expect(throws: BinderError.self) {
                _ = try await binder.provision(TopicSpecification(name: "no good"))
            }
            #expect(error?.code == .invalid)
        }
    }

    @Test("without auto-create-topics a missing topic is an error that names the setting")
    func noAutoCreation() async throws {
        try await withBinder(EmbeddedSettings(autoCreateTopics: false)) { binder in
            let error = await #expect(throws: BinderError.self) {
                _ = try await binder.provision(TopicSpecification(name: "t"))
            }
            #expect(error?.code == .unknownTopic)
            #expect(error?.message.contains("auto-create-topics") == true)
        }
    }

    @Test("what is sent is delivered, from several topics in one input")
    func sendAndReceive() async throws {
        try await withBinder { binder in
            for name in ["a", "b"] { _ = try await binder.provision(TopicSpecification(name: name)) }
            let channel = try await binder.bind(InputBinding(name: "i", topics: ["a", "b"], group: "g"))
            var sources: Set<String> = []
            for name in ["a", "b"] {
                let out = try await binder.bind(OutputBinding(name: "o", topic: name))
                #expect(out.partitionCount == 1)
                #expect(try await out.send(batch("x", "y"), partition: 0) == 0)
                let delivery = try #require(try await delivery(channel))
                #expect(delivery.nextOffset == 2)
                #expect(delivery.endOffset == 2)
                sources.insert(delivery.source.topic)
                try await channel.commit([InputPosition(source: delivery.source, offset: 2)])
                let unknown = await #expect(throws: BinderError.self) { try await out.send(batch("z"), partition: 1) }
                #expect(unknown?.code == .unknownTopic)
                await out.close()
                let closed = await #expect(throws: BinderError.self) { try await out.send(batch("z"), partition: 0) }
                #expect(closed?.code == .closed)
            }
            #expect(sources == ["a", "b"])
            await channel.close()
            #expect(try await channel.next(waitingUpTo: .zero) == nil)
        }
    }

    @Test("a binding to a topic that is not there says which binding")
    func unknownTopic() async throws {
        try await withBinder { binder in
            let input = await #expect(throws: BinderError.self) {
                _ = try await binder.bind(InputBinding(name: "parse-in-0", topics: ["nope"], group: "g"))
            }
            #expect(input?.code == .unknownTopic)
            #expect(input?.message.contains("parse-in-0") == true)
            let output = await #expect(throws: BinderError.self) {
                _ = try await binder.bind(OutputBinding(name: "parse-out-0", topic: "nope"))
            }
            #expect(output?.code == .unknownTopic)
        }
    }

    @Test("a session commits outputs with positions, and a newer session fences it")
    func transactions() async throws {
        try await withBinder { binder in
            for name in ["in", "out"] { _ = try await binder.provision(TopicSpecification(name: name)) }
            let source = try await binder.bind(OutputBinding(name: "s", topic: "in"))
            try await source.send(batch("a"), partition: 0)
            let reader = try await binder.bind(InputBinding(name: "r", topics: ["out"], group: nil))
            let channel = try await binder.bind(InputBinding(name: "i", topics: ["in"], group: "g"))
            let session = try await binder.openTransactions(id: "g")
            let delivery = try #require(try await delivery(channel))
            try await session.send(batch("A"), to: output)
            try await session.commit(
                [InputPosition(source: input, offset: delivery.nextOffset, metadata: "m")], of: channel)
            #expect(try await self.delivery(reader)?.batches.first?.recordCount == 1)
            #expect(binder.broker.committed(group: "g")[input]?.metadata == "m")

            let newer = try await binder.openTransactions(id: "g")
            let fenced = await #expect(throws: BinderError.self) { try await session.send(batch("B"), to: output) }
            #expect(fenced?.code == .fenced)
            try await newer.send(batch("C"), to: output)
            await newer.close()
            let closed = await #expect(throws: BinderError.self) { try await newer.abort() }
            #expect(closed?.code == .closed)
        }
    }

    @Test("positions without their input are refused, and nothing of the transaction stays")
    func positionsWithoutInput() async throws {
        try await withBinder { binder in
            _ = try await binder.provision(TopicSpecification(name: "out"))
            let session = try await binder.openTransactions(id: "x")
            try await session.send(batch("a"), to: output)
            let error = await #expect(throws: BinderError.self) {
                try await session.commit([InputPosition(source: input, offset: 1)], of: nil)
            }
            #expect(error?.code == .invalid)
            #expect(binder.broker.log(of: output)?.openTransactions.isEmpty == true)
        }
    }

    @Test("a second binder on the directory is refused with the process that has it")
    func inUse() async throws {
        try await withBinder { binder in
            let error = await #expect(throws: BinderError.self) {
                _ = try await EmbeddedLogBinder.open(directory: binder.broker.directory)
            }
            #expect(error?.code == .fatal)
            #expect(error?.message.contains("in use by process \(ProcessInfo.processInfo.processIdentifier)") == true)
        }
    }
}
