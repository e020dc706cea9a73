import Records
import Settings
import TestSupport
import Testing

@testable import BrokerCore

@Suite("The compaction of a topic that asks for it")
struct TopicCompactionTests {
    private let source = TopicPartition("table")

    private func keyed(_ records: [(key: String, value: String)]) throws -> RecordBatch {
        var builder = RecordBatchBuilder()
        for (key, value) in records {
            builder.append(keyBytes: Array(key.utf8), valueBytes: Array("\(key)=\(value)".utf8), timestamp: 1)
        }
        return try builder.build()
    }

    @Test("keeps the last value of each key, over a restart too, and brings nothing back that was aborted")
    func lastValues() async throws {
        let folder = try TemporaryFolder()
        var broker = try await Broker.open(directory: folder.path, settings: EmbeddedSettings(flush: .os))
        _ = try await broker.ensureTopic("table", config: TopicConfig(isCompacted: true, segmentBytes: 2000))
        let session = try await broker.beginSession(transactionalId: "x")
        for round in 0..<40 {
            try await session.append(keyed([("committed", "\(round)")]), to: source)
            try await session.commit()
            // The newest of these keys are aborted ones: taken for values they would displace the committed, or stay as they are.
            try await session.append(keyed([("committed", "aborted"), ("aborted", "\(round)")]), to: source)
            try await session.abort()
            for key in 0..<5 { _ = try await broker.append(keyed([("plain\(key)", "\(round)")]), to: source) }
        }
        // The active segment is never compacted: what matters is in those before.
        for number in 0..<40 { _ = try await broker.append(keyed([("filler", "\(number)")]), to: source) }
        let log = try #require(broker.log(of: source))
        try await log.flush()
        let before = log.sizeInBytes
        await broker.runMaintenance()
        #expect(log.sizeInBytes * 4 < before)

        let expected = ["committed=39"] + (0..<5).map { "plain\($0)=39" }
        for isReopened in [false, true] {
            if isReopened {
                try await broker.close()
                broker = try await Broker.open(directory: folder.path)
            }
            let values = try await broker.committedTexts(source).filter { !$0.hasPrefix("filler") }
            #expect(values.sorted() == expected)
            await broker.runMaintenance()
        }
        try await broker.close()
    }
}
