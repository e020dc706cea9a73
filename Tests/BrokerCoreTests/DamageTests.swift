import Foundation
import Records
import SegmentedLog
import TestSupport
import Testing

@testable import BrokerCore

@Suite("Damage on the disk at a start")
struct DamageTests {
    /// A data directory with forty groups and a transaction, cleanly closed, with a bit turned in the middle of the topic's segment or its batch's header.
    private func damaged(_ topic: String, inHeader: Bool = false) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path)
        _ = try await broker.ensureTopic("t")
        for number in 0..<40 as Range<Int64> {
            let position = CommittedPosition(offset: number)
            let record = OffsetRecord(group: "g\(number)", source: TopicPartition("t"), position: position)
            _ = try broker.offsets.log.append(OffsetStore.batch([record]))
        }
        for number in 0..<10 { _ = try await broker.beginSession(transactionalId: "x\(number)") }
        try await broker.close()
        let path = "\(folder.path)/\(topic)-0/00000000000000000000.log"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // All batches before the middle have the same size, or nearly: the place of one is found by walking.
        var position = 0
        while position < bytes.count / 2 {
            position += try bytes[position...].withUnsafeBytes { try RecordBatchHeader(parsing: $0) }.sizeInBytes
        }
        bytes[position + (inHeader ? 10 : 65)] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        return folder
    }

    @Test("a damaged batch of positions costs these and no others, and not the start", arguments: [false, true])
    func positions(inHeader: Bool) async throws {
        let folder = try await damaged(OffsetRecord.topic, inHeader: inHeader)
        let broker = try await Broker.open(directory: folder.path)
        #expect(broker.offsets.groups.count == 39)
        let offsets = broker.offsets.groups.compactMap { broker.committed(group: $0)[TopicPartition("t")]?.offset }
        #expect(offsets.max() == 39 && offsets.min() == 0)
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        try await member.commit([TopicPartition("t"): CommittedPosition(offset: 0)])
        try await broker.close()
        let again = try await Broker.open(directory: folder.path)
        #expect(again.offsets.groups.count == 40)
        try await again.close()
    }

    @Test("a damaged decision about transactions ends the start, which says where and what to do")
    func decisions() async throws {
        let folder = try await damaged(TransactionRecord.topic)
        let error = await #expect(throws: BrokerError.self) { _ = try await Broker.open(directory: folder.path) }
        let text = try #require(error).description
        #expect(error?.code == .corrupt)
        #expect(text.contains("\(folder.path)/__transaction_state-0/00000000000000000000.log at byte "), "\(text)")
        #expect(text.contains("restore the folder from a backup, or move it away"), "\(text)")
        try FileManager.default.removeItem(atPath: folder.path + "/__transaction_state-0")
        let broker = try await Broker.open(directory: folder.path)
        #expect(broker.offsets.groups.count == 40)
        try await broker.close()
    }

    @Test("a partition that cannot be opened ends the start, which says where and what to do")
    func unopenable() async throws {
        let folder = try await damaged(OffsetRecord.topic)
        try FileManager.default.removeItem(atPath: folder.path + "/t-0")
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path + "/t-0"))
        let error = await #expect(throws: BrokerError.self) { _ = try await Broker.open(directory: folder.path) }
        let text = try #require(error).description
        #expect(text.contains("cannot open t-0") && text.contains("move '\(folder.path)/t-0' away"), "\(text)")
    }
}
