import Records
import SegmentedLog
import Settings
import TestSupport
import Testing

@testable import BrokerCore

@Suite("A full disk")
struct FullDiskTests {
    private let input = TopicPartition("in")
    private let output = TopicPartition("out")

    private func opened(_ directory: String, _ disk: FaultyDisk) async throws -> Broker {
        let broker = try await Broker.open(directory: directory, disk: disk)
        _ = try await broker.ensureTopic("in")
        _ = try await broker.ensureTopic("out")
        return broker
    }

    @Test("appends and commits of positions fail with a code of their own and work once there is room")
    func plain() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk)
        let member = try broker.join(group: "g", topics: ["in"])
        _ = try await member.drain()
        disk.fill()
        for step in [
            { _ = try await broker.append(batch(["a"]), to: input) },
            { try await member.commit([input: CommittedPosition(offset: 0)]) },
            { _ = try await broker.ensureTopic("new") },
            { _ = try await broker.beginSession(transactionalId: "x") },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: BrokerError.self) { try await step() }
            #expect(error?.code == .diskFull)
        }
        #expect(broker.committed(group: "g").isEmpty)
        disk.makeRoom()
        #expect(try await broker.append(batch(["a"]), to: input) == 0)
        try await member.commit([input: CommittedPosition(offset: 0)])
        _ = try await broker.ensureTopic("new")
        _ = try await broker.beginSession(transactionalId: "x")
        try await broker.close()
    }

    @Test("an abort on a full disk is remembered: readers wait, nothing is lost, and it is written when there is room")
    func pendingAbort() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk)
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["no"]), to: output)
        disk.fill()
        let full = await #expect(throws: BrokerError.self) { try await session.append(batch(["more"]), to: output) }
        #expect(full?.code == .diskFull)
        try await session.abort()
        // The next transaction may not mix with the one whose abort is not written yet.
        let again = await #expect(throws: BrokerError.self) { try await session.append(batch(["yes"]), to: output) }
        #expect(again?.code == .diskFull)
        #expect(try #require(broker.log(of: output)).openTransactions.count == 1)

        let member = try broker.join(group: nil, topics: ["out"])
        _ = try await member.drain()
        disk.makeRoom()
        // By itself, without another call of the session.
        let log = try #require(broker.log(of: output))
        try await eventually("the abort is written") { log.openTransactions.isEmpty }
        try await session.append(batch(["yes"]), to: output)
        try await session.commit()
        #expect(try await member.delivery() == ["yes"])
        try await broker.close()
    }

    @Test("the retry of the same append writes a pending abort first")
    func appendAfterPendingAbort() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk)
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["no"]), to: output)
        disk.fill()
        try await session.abort()
        disk.makeRoom()
        try await session.append(batch(["yes"]), to: output)
        try await session.commit()
        #expect(try await broker.committedTexts(output) == ["yes"])
        try await broker.close()
    }

    @Test("a commit without room for its decision aborts; the same work commits later")
    func commitBeforeThePoint() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk)
        let member = try broker.join(group: "g", topics: ["in"])
        _ = try await member.drain()
        let session = try await broker.beginSession(transactionalId: "x")
        for attempt in 0..<2 {
            disk.makeRoom()
            try await session.append(batch(["a"]), to: output)
            if attempt == 0 { disk.fill() }
            do throws(BrokerError) {
                try await session.commit([input: CommittedPosition(offset: 0)], of: member)
                #expect(attempt == 1)
            } catch {
                #expect(error.code == .diskFull)
                #expect(attempt == 0)
            }
        }
        #expect(try await broker.committedTexts(output) == ["a"])
        #expect(broker.committed(group: "g") == [input: CommittedPosition(offset: 0)])
        try await broker.close()
    }

    @Test(
        "a start on a full disk decides all the same, shows nothing too early, and ends the transactions when there is room"
    )
    func startWithoutRoom() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk)
        let committed = try await broker.beginSession(transactionalId: "committed")
        let open = try await broker.beginSession(transactionalId: "open")
        let member = try broker.join(group: "g", topics: ["in"])
        _ = try await member.drain()
        try await committed.append(batch(["yes"]), to: output)
        try await open.append(batch(["no"]), to: output)
        disk.failWrites { path, bytes in
            path.hasSuffix(".log") && bytes == 78 ? LogError(.diskFull, "No space left on device") : nil
        }
        async let commit: Void = committed.commit([input: CommittedPosition(offset: 0)], of: member)
        try await eventually("the commit is decided") { !broker.committed(group: "g").isEmpty }
        let crashed = try TemporaryFolder.crashed(folder.path)
        disk.makeRoom()
        try await commit
        try await broker.close()

        // Not even for the indexes and checkpoints that a start after a crash writes.
        disk.fill()
        let next = try await opened(crashed.path, disk)
        #expect(next.committed(group: "g") == [input: CommittedPosition(offset: 0)])
        #expect(try await next.committedTexts(output) == [])
        let session = await #expect(throws: BrokerError.self) {
            _ = try await next.beginSession(transactionalId: "committed")
        }
        #expect(session?.code == .diskFull)
        disk.makeRoom()
        _ = try await next.beginSession(transactionalId: "committed")
        #expect(try await next.committedTexts(output) == ["yes"])
        try await next.close()
    }
}
