import Records
import TestSupport
import Testing

@testable import BrokerCore

@Suite("The records of the internal topics")
struct InternalRecordTests {
    @Test("a position is byte for byte Kafka's key version 1 and value version 3")
    func offsetBytes() {
        let record = OffsetRecord(
            group: "g", source: TopicPartition("t", 2), position: CommittedPosition(offset: 258, metadata: "é"))
        #expect(record.encodedKey() == [0, 1, 0, 1, 0x67, 0, 1, 0x74, 0, 0, 0, 2])
        #expect(
            record.encodedValue(timestamp: 3)
                == [0, 3, 0, 0, 0, 0, 0, 0, 1, 2, 255, 255, 255, 255, 0, 2, 0xC3, 0xA9, 0, 0, 0, 0, 0, 0, 0, 3])
    }

    @Test("positions and tombstones come back as they were written; other keys are passed over")
    func offsetRoundTrip() throws {
        var record = OffsetRecord(
            group: "group", source: TopicPartition("topic", 7),
            position: CommittedPosition(offset: .max, metadata: "w=1", leaderEpoch: 5), committedAt: 1)
        let key = record.encodedKey()[...]
        #expect(try OffsetRecord.decode(key: key, value: record.encodedValue(timestamp: 1)?[...]) == record)
        record.position = nil
        record.committedAt = nil
        #expect(try OffsetRecord.decode(key: key, value: nil) == record)
        #expect(try OffsetRecord.decode(key: [0, 2, 0, 1, 0x67], value: nil) == nil)
    }

    @Test("a transaction's state is byte for byte Kafka's version 0")
    func transactionBytes() throws {
        let record = TransactionRecord(
            transactionalId: "x", identity: ProducerIdentity(id: 9, epoch: 2), status: .prepareCommit,
            partitions: [TopicPartition("t", 1), TopicPartition("t", 0)], start: 5, lastUpdate: 5)
        #expect(record.encodedKey() == [0, 0, 0, 1, 0x78])
        #expect(
            record.encodedValue() == [
                0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 127, 255, 255, 255, 2, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 2, 0, 0, 0,
                0,
                0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5,
            ])
    }

    @Test(
        "a transaction's state comes back as it was written",
        arguments: [TransactionRecord.Status.empty, .completeCommit])
    func transactionRoundTrip(status: TransactionRecord.Status) throws {
        let partitions =
            status == .empty ? [] : [TopicPartition("a", 0), TopicPartition("b", 1), TopicPartition("b", 2)]
        let record = TransactionRecord(
            transactionalId: "agent-1", identity: ProducerIdentity(id: 1, epoch: 0), status: status,
            partitions: partitions, timeoutMilliseconds: 60_000, start: 70, lastUpdate: 77)
        let decoded = try TransactionRecord.decode(key: record.encodedKey()[...], value: record.encodedValue()[...])
        #expect(decoded == record)
    }

    @Test("mutated records are refused or understood, and never trap")
    func mutations() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let offset = OffsetRecord(
            group: "g", source: TopicPartition("t"), position: CommittedPosition(offset: 1, metadata: "meta"))
        let transaction = TransactionRecord(
            transactionalId: "x", identity: ProducerIdentity(id: 1, epoch: 1), status: .prepareCommit,
            partitions: [TopicPartition("t", 1)], lastUpdate: 1)
        let samples = [
            (offset.encodedKey(), offset.encodedValue(timestamp: 1) ?? []),
            (transaction.encodedKey(), transaction.encodedValue()),
        ]
        for round in 0..<50_000 {
            var (key, value) = samples[round % 2]
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                if Bool.random(using: &random) {
                    value[Int.random(in: value.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                } else {
                    key[Int.random(in: key.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            let keyBytes = key.prefix(Int.random(in: 0...key.count, using: &random))
            let valueBytes = value.prefix(Int.random(in: 0...value.count, using: &random))
            _ = try? OffsetRecord.decode(key: keyBytes, value: valueBytes)
            _ = try? TransactionRecord.decode(key: keyBytes, value: valueBytes)
        }
    }
}
