import Records
import SegmentedLog
import TestSupport
import Testing

@testable import BrokerCore

@Suite("Committed positions on a disk")
struct OffsetStoreTests {
    @Test(
        "of positions that are being written while their transaction is committed those count that are written",
        arguments: [true, false])
    func committedMeanwhile(isWritten: Bool) async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await Broker.open(directory: folder.path, disk: disk)
        _ = try await broker.ensureTopic("t")
        let source = TopicPartition("t")
        let identity = ProducerIdentity(id: 7, epoch: 0)
        let offsets = broker.offsets
        let record = OffsetRecord(group: "g", source: source, position: CommittedPosition(offset: 5))
        disk.failWrites { path, _ in
            guard path.contains(OffsetRecord.topic), path.hasSuffix(".log") else { return nil }
            // The marker of its transaction is written by another task just now.
            offsets.endTransaction(of: identity.id, isCommit: true)
            return isWritten ? nil : LogError(.diskFull, "No space left on device")
        }
        let mark = offsets.log.transactionMark(of: identity.id)
        do throws(BrokerError) {
            try await offsets.commit([record], in: identity, since: mark)
            #expect(isWritten)
        } catch {
            #expect(!isWritten && error.code == .diskFull)
        }
        #expect(broker.committed(group: "g", in: source)?.offset == (isWritten ? 5 : nil))
        #expect(!broker.hasPendingPosition(of: "g", in: source))
        disk.makeRoom()
        try await broker.close()
    }
}
