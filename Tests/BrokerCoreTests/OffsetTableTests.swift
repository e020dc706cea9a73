import Records
import TestSupport
import Testing

@testable import BrokerCore

@Suite("The table of committed positions")
struct OffsetTableTests {
    private let source = TopicPartition("t")

    private func record(_ offset: Int64?, of source: TopicPartition? = nil) -> OffsetRecord {
        OffsetRecord(
            group: "g", source: source ?? self.source, position: offset.map { CommittedPosition(offset: $0) })
    }

    @Test("of a deletion and an older commit the deletion counts, whichever is applied first")
    func deletionFirst() {
        var table = OffsetTable()
        let commit = table.begin(at: 10)
        let deletion = table.begin(at: 11)
        table.apply(record(nil), 11)
        table.end(deletion)
        table.apply(record(5), 10)
        table.end(commit)
        #expect(table.groups.isEmpty)
        table.apply(record(6), 12)
        #expect(table.groups["g"]?[source]?.position.offset == 6)
    }

    @Test("a deletion is kept in mind as long as an older record is under way, also one of a client's transaction")
    func kept() {
        var table = OffsetTable()
        let position = table.pending.begin([record(5)], of: 7, recordOffset: 10)
        let older = table.begin(at: 11)
        let deletion = table.begin(at: 12)
        table.apply(record(nil), 12)
        table.end(deletion)
        #expect(table.deletionsKept == 1)
        let newer = table.begin(at: 13)
        _ = table.pending.finish(position, of: 7, recordOffset: 10)
        table.end(older)
        #expect(table.deletionsKept == 1)
        for each in table.pending.end(7, isCommit: true) { table.apply(each.record, each.recordOffset) }
        #expect(table.groups.isEmpty)
        table.end(newer)
        #expect(table.deletionsKept == 0)
        let next = table.begin(at: 14)
        table.apply(record(nil), 14)
        table.end(next)
        #expect(table.deletionsKept == 0)
    }

    @Test("whatever comes in whatever order, the last written counts, and so many are counted as there are")
    func random() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var table = OffsetTable()
        var expected: [TopicPartition: Int64] = [:]
        for round in 0..<200 {
            // So many are under way at a time, and are through in any order.
            let batch = (0..<8).map { place -> (offset: Int64, ticket: OffsetTable.Ticket, record: OffsetRecord) in
                let offset = Int64(round * 8 + place)
                let source = TopicPartition("t", Int32.random(in: 0..<4, using: &random))
                let isDeletion = Bool.random(using: &random)
                expected[source] = isDeletion ? nil : offset
                return (offset, table.begin(at: offset), record(isDeletion ? nil : offset, of: source))
            }
            for each in batch.shuffled(using: &random) {
                table.apply(each.record, each.offset)
                table.end(each.ticket)
            }
            #expect((table.groups["g"] ?? [:]).mapValues(\.position.offset) == expected, "seed \(seed)")
            let bytes = expected.count * record(0).sizeInBytes(with: CommittedPosition(offset: 0))
            #expect(table.sizeInBytes == bytes, "seed \(seed)")
            #expect(table.deletionsKept == 0, "seed \(seed)")
        }
    }

    @Test("what positions in transactions take is counted until they count, or never will")
    func pendingSize() {
        var pending = PendingPositions()
        let (one, other) = (TopicPartition("t", 0), TopicPartition("t", 1))
        let size = record(0).sizeInBytes(with: CommittedPosition(offset: 0))
        let first = pending.begin([record(1, of: one), record(1, of: other)], of: 7, recordOffset: 10)
        #expect(pending.sizeInBytes == 2 * size)
        _ = pending.finish(first, of: 7, recordOffset: 10)
        let again = pending.begin([record(2, of: one)], of: 7, recordOffset: 11)
        #expect(pending.sizeInBytes == 3 * size)
        _ = pending.finish(again, of: 7, recordOffset: 11)
        #expect(pending.sizeInBytes == 2 * size, "it takes the place of the older one")
        let refused = pending.begin([record(3, of: one)], of: 8, recordOffset: 12)
        _ = pending.finish(refused, of: 8, recordOffset: nil)
        let late = pending.begin([record(4, of: one)], of: 7, recordOffset: 13)
        #expect(pending.end(7, isCommit: true).count == 2)
        #expect(pending.sizeInBytes == size, "whether the last is in the log is not known yet")
        #expect(pending.finish(late, of: 7, recordOffset: 13).count == 1)
        #expect(pending.sizeInBytes == 0)
    }
}
