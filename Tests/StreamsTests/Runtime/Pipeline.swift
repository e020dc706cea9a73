import BinderKit
import EmbeddedBinder
import Foundation
import Records
import SegmentedLog
import Settings
import TestSupport

@testable import Streams

/// A data directory of its own with an embedded log in it, and what tests do with it.
struct Pipeline: Sendable {
    let binder: EmbeddedLogBinder

    /// Runs `body` on a fresh data directory, which is removed afterwards.
    static func with(
        disk: any Disk = FileDisk(), _ body: (Pipeline) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let binder = try await EmbeddedLogBinder.open(
            directory: folder.path, settings: EmbeddedSettings(flush: .os), disk: disk)
        do {
            try await body(Pipeline(binder: binder))
        } catch {
            try? await binder.close()
            throw error
        }
        try await binder.close()
    }

    /// Settings with these bindings.
    static func settings(
        _ bindings: [BindingSettings], stages: [StageSettings] = [], definition: [FunctionChain]? = nil
    ) -> SluiceSettings {
        SluiceSettings(
            stream: StreamSettings(
                bindings: Dictionary(uniqueKeysWithValues: bindings.map { ($0.name, $0) }), stages: stages,
                definition: definition))
    }

    /// A stage's input binding whose retries do not keep a test waiting.
    static func input(
        _ stage: String, _ topic: String, group: String? = "g", concurrency: Int = 1, maxAttempts: Int = 3,
        change: (inout ConsumerSettings) -> Void = { _ in }
    ) -> BindingSettings {
        var consumer = ConsumerSettings(
            concurrency: concurrency, maxAttempts: maxAttempts, backOffInitialInterval: .milliseconds(1),
            backOffMaxInterval: .milliseconds(2))
        change(&consumer)
        return BindingSettings(name: "\(stage)-in-0", destinations: [topic], group: group, consumer: consumer)
    }

    static func output(
        _ stage: String, _ topic: String, partitions: Int = 1, key: String? = nil, index: Int = 0
    ) -> BindingSettings {
        BindingSettings(
            name: "\(stage)-out-\(index)", destinations: [topic],
            producer: ProducerSettings(
                partitionKeyExpression: key.map { SourceText($0) }, partitionCount: partitions))
    }

    func application(_ settings: SluiceSettings) throws -> StreamApplication {
        try StreamApplication(settings: settings, binders: ["embedded": binder])
    }

    /// Runs the application until it has nothing left to do, then shuts it down.
    func runUntilIdle(
        _ app: StreamApplication, during body: @Sendable () async throws -> Void = {}
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await app.run() }
            try await body()
            await app.waitUntilIdle()
            await app.shutdown()
            try await group.waitForAll()
        }
    }

    /// Sends values to a topic, which is made with so many partitions if need be.
    func send(
        _ values: [String], to topic: String, partition: Int32 = 0, partitions: Int32 = 1, key: String? = nil,
        headers: [RecordHeader] = [], timestamp: Int64 = 1_700_000_000_000
    ) async throws {
        var builder = RecordBatchBuilder()
        for value in values {
            builder.append(
                keyBytes: key.map { Array($0.utf8) }, valueBytes: Array(value.utf8), timestamp: timestamp,
                headers: headers)
        }
        try await send(try builder.build(), to: topic, partition: partition, partitions: partitions)
    }

    func send(_ batch: RecordBatch, to topic: String, partition: Int32 = 0, partitions: Int32 = 1) async throws {
        _ = try await binder.provision(TopicSpecification(name: topic, partitions: partitions))
        let output = try await binder.bind(OutputBinding(name: "test-out-0", topic: topic))
        try await output.send(batch, partition: partition)
        await output.close()
    }

    /// Everything committed in a topic, by partition and offset.
    func read(_ topic: String) async throws -> [Message] {
        let channel = try await binder.bind(InputBinding(name: "test-in-0", topics: [topic], group: nil))
        var messages: [Message] = []
        while let event = try await channel.next(waitingUpTo: .milliseconds(20)) {
            if case .idle = event { break }
            guard case .delivery(let delivery) = event else { continue }
            for batch in delivery.batches {
                let records = try batch.records()
                for view in records where view.offset >= delivery.startOffset {
                    messages.append(
                        Message(
                            StageRecord(
                                source: delivery.source, offset: view.offset, timestamp: view.timestamp,
                                payload: records.payload, key: view.key, value: view.value, headers: view.headers,
                                headerCount: view.headerCount)))
                }
            }
        }
        await channel.close()
        return messages.sorted {
            ($0.source?.partition ?? 0, $0.offset ?? 0) < ($1.source?.partition ?? 0, $1.offset ?? 0)
        }
    }

    func texts(_ topic: String) async throws -> [String] { try await read(topic).map(\.text) }
}

/// A number that several tasks count up.
final class Tally: Sendable {
    private let content = Watched(0)

    var value: Int { content.value }

    @discardableResult
    func increase() -> Int {
        content.update { value in
            value += 1
            return value
        }
    }
}
