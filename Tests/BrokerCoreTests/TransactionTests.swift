import Records
import SegmentedLog
import Settings
import TestSupport
import Testing

@testable import BrokerCore

@Suite("Transactions")
struct TransactionTests {
    private let input = TopicPartition("in")
    private let out0 = TopicPartition("out", 0)
    private let out1 = TopicPartition("out", 1)

    private func opened(
        _ directory: String, _ flush: EmbeddedSettings.Flush = .always, disk: any Disk = FileDisk()
    ) async throws -> Broker {
        let broker = try await Broker.open(directory: directory, settings: EmbeddedSettings(flush: flush), disk: disk)
        _ = try await broker.ensureTopic("in")
        _ = try await broker.ensureTopic("out", partitions: 2)
        return broker
    }

    @Test(
        "outputs on several partitions and the positions become visible together",
        arguments: EmbeddedSettings.Flush.allCases)
    func commit(flush: EmbeddedSettings.Flush) async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path, flush)
        _ = try await broker.append(batch(["i"]), to: input)
        let member = try broker.join(group: "g", topics: ["in"])
        let positions = try await member.drain().nextOffsets
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["a", "b"]), to: out0)
        try await session.append(batch(["c"]), to: out1)
        #expect(try await broker.committedTexts(out0) == [])
        #expect(broker.committed(group: "g").isEmpty)

        try await session.commit(positions, of: member)
        #expect(try await broker.committedTexts(out0) == ["a", "b"])
        #expect(try await broker.committedTexts(out1) == ["c"])
        #expect(broker.committed(group: "g") == [input: CommittedPosition(offset: 1)])
        #expect(broker.lag(group: "g") == 0)

        // The next transaction of the session, with positions alone and with records alone.
        try await session.commit([input: CommittedPosition(offset: 1, metadata: "m")], of: member)
        #expect(broker.committed(group: "g") == [input: CommittedPosition(offset: 1, metadata: "m")])
        try await session.append(batch(["d"]), to: out1)
        try await session.commit()
        #expect(try await broker.committedTexts(out1) == ["c", "d"])
        try await broker.close()

        let next = try await opened(folder.path, flush)
        #expect(try await next.committedTexts(out1) == ["c", "d"])
        #expect(next.committed(group: "g") == [input: CommittedPosition(offset: 1, metadata: "m")])
        try await next.close()
    }

    @Test("what is aborted is never seen, and the readers go past it")
    func abort() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["no"]), to: out0)
        _ = try await broker.append(batch(["plain"]), to: out0)
        #expect(try await broker.committedTexts(out0) == [])
        try await session.abort()
        #expect(try await broker.committedTexts(out0) == ["plain"])
        try await session.append(batch(["yes"]), to: out0)
        try await session.commit()
        #expect(try await broker.committedTexts(out0) == ["plain", "yes"])
        try await broker.close()
    }

    @Test("a newer session fences the older one and aborts what it left open")
    func fencing() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let old = try await broker.beginSession(transactionalId: "x")
        try await old.append(batch(["old"]), to: out0)
        let new = try await broker.beginSession(transactionalId: "x")
        for step in [
            { try await old.append(batch(["late"]), to: out0) }, { try await old.commit() }, { try await old.abort() },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: BrokerError.self) { try await step() }
            #expect(error?.code == .fenced)
        }
        try await new.append(batch(["new"]), to: out0)
        try await new.commit()
        #expect(try await broker.committedTexts(out0) == ["new"])
        try await broker.close()
    }

    @Test("of two sessions that are opened at the same time for one id exactly one stays, and the other is fenced")
    func race() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        for round in 0..<30 {
            async let first = Self.open(broker, "x\(round)")
            async let second = Self.open(broker, "x\(round)")
            let sessions = [await first, await second]
            var committed = 0
            for (number, session) in sessions.enumerated() {
                do throws(BrokerError) {
                    let session = try session.get()
                    try await session.append(batchOrFail("\(round).\(number)"), to: out0)
                    try await session.commit()
                    committed += 1
                } catch {
                    #expect(error.code == .fenced, "round \(round): \(error)")
                }
            }
            #expect(committed == 1, "round \(round)")
        }
        #expect(try await broker.committedTexts(out0).count == 30)
        try await broker.close()
    }

    private static func open(_ broker: Broker, _ id: String) async -> Result<TransactionHandle, BrokerError> {
        do throws(BrokerError) {
            return .success(try await broker.beginSession(transactionalId: id))
        } catch {
            return .failure(error)
        }
    }

    private func batchOrFail(_ value: String) throws(BrokerError) -> RecordBatch {
        do { return try batch([value]) } catch { throw BrokerError(.invalid, "\(error)") }
    }

    @Test("a commit for a partition the member has lost is fenced and leaves nothing visible")
    func fencedMember() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let member = try broker.join(group: "g", topics: ["in"])
        _ = try await member.drain()
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["a"]), to: out0)
        await member.close()
        await #expect(throws: BrokerError.self) {
            try await session.commit([input: CommittedPosition(offset: 0)], of: member)
        }
        #expect(try await broker.committedTexts(out0) == [])
        #expect(broker.committed(group: "g").isEmpty)
        #expect(try #require(broker.log(of: out0)).openTransactions.isEmpty)
        try await broker.close()
    }

    @Test("a crash before the commit point aborts at the next start")
    func crashBeforePrepare() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["a"]), to: out0)
        let crashed = try TemporaryFolder.crashed(folder.path)
        try await broker.close()

        let next = try await opened(crashed.path)
        #expect(try await next.committedTexts(out0) == [])
        #expect(try #require(next.log(of: out0)).openTransactions.isEmpty)
        let again = try await next.beginSession(transactionalId: "x")
        try await again.append(batch(["b"]), to: out0)
        try await again.commit()
        #expect(try await next.committedTexts(out0) == ["b"])
        try await next.close()
    }

    @Test(
        "a crash after the commit point, before any or after some markers, commits at the next start",
        arguments: ["-", "out-0"])
    func crashAfterPrepare(written: String) async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk: disk)
        let member = try broker.join(group: "g", topics: ["in"])
        _ = try await member.drain()
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["a"]), to: out0)
        try await session.append(batch(["b"]), to: out1)
        // No room for a marker (a control batch has 78 bytes), except in the partition of the argument.
        disk.failWrites { path, bytes in
            guard path.hasSuffix(".log"), bytes == 78, !path.contains(written + "/") else { return nil }
            return LogError(.diskFull, "No space left on device")
        }
        async let commit: Void = session.commit([input: CommittedPosition(offset: 0, metadata: "m")], of: member)
        while broker.committed(group: "g").isEmpty { await Task.yield() }
        let crashed = try TemporaryFolder.crashed(folder.path)
        disk.makeRoom()
        try await commit
        try await broker.close()

        for directory in [crashed.path, folder.path] {
            let next = try await opened(directory)
            #expect(try await next.committedTexts(out0) == ["a"])
            #expect(try await next.committedTexts(out1) == ["b"])
            #expect(next.committed(group: "g") == [input: CommittedPosition(offset: 0, metadata: "m")])
            try await next.close()
        }
    }

    @Test("positions of a transaction that was open at the crash are not committed")
    func openPositions() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk: disk)
        let member = try broker.join(group: "g", topics: ["in"])
        _ = try await member.drain()
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["a"]), to: out0)
        // The positions are written, the decision is not.
        let crashed = CrashCopy()
        disk.failWrites { path, _ in
            guard path.contains("__transaction_state") else { return nil }
            crashed.take(folder.path)
            return LogError(.diskFull, "No space left on device")
        }
        let error = await #expect(throws: BrokerError.self) {
            try await session.commit([input: CommittedPosition(offset: 0)], of: member)
        }
        #expect(error?.code == .diskFull)
        disk.makeRoom()
        #expect(try await broker.committedTexts(out0) == [])
        #expect(broker.committed(group: "g").isEmpty)
        try await broker.close()

        let next = try await opened(try #require(crashed.folder).path)
        #expect(try await next.committedTexts(out0) == [])
        #expect(next.committed(group: "g").isEmpty)
        try await next.close()
    }

    @Test("a failed sync of the data aborts; one of the decision leaves the outcome to the next start")
    func failedSyncs() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk: disk)
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["a"]), to: out0)
        disk.failSyncs { $0.contains("out-0/") && $0.hasSuffix(".log") ? LogError(.io, "fdatasync failed") : nil }
        let data = await #expect(throws: BrokerError.self) { try await session.commit() }
        #expect(data?.code == .io)
        disk.failSyncs { $0.contains("__transaction_state") ? LogError(.io, "fdatasync failed") : nil }
        try await session.append(batch(["b"]), to: out1)
        let decision = await #expect(throws: BrokerError.self) { try await session.commit() }
        #expect(decision?.code == .uncertain)
        let after = await #expect(throws: BrokerError.self) { try await session.append(batch(["c"]), to: out1) }
        #expect(after?.code == .uncertain)
        await #expect(throws: BrokerError.self) { try await broker.close() }

        // The decision was on this disk after all.
        let next = try await opened(folder.path)
        #expect(try await next.committedTexts(out0) == [])
        #expect(try await next.committedTexts(out1) == ["b"])
        try await next.close()
    }

    @Test("a group that has read everything has no lag, whatever markers and aborted records lie behind its position")
    func lagBehindMarkers() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["a"]), to: input)
        try await session.commit()
        let member = try broker.join(group: "g", topics: ["in"])
        let received = try await member.drain()
        #expect(received.values == [input: ["a"]])
        try await member.commit([input: CommittedPosition(offset: 1)])
        #expect(broker.lag(group: "g") == 0)

        try await session.append(batch(["no", "no"]), to: input)
        try await session.abort()
        #expect(broker.lag(group: "g") == 0)
        #expect(try await member.drain().values.isEmpty)
        // The position of the last delivery stands for all that was passed over since.
        try await member.commit(received.nextOffsets)
        #expect(broker.committed(group: "g")[input]?.offset == broker.log(of: input)?.lastStableOffset)
        try await session.append(batch(["b"]), to: input)
        try await session.commit()
        #expect(broker.lag(group: "g") == 2)
        #expect(try await member.delivery() == ["b"])
        try await broker.close()
    }

    @Test("a reader waits at an open transaction and is woken by its end")
    func waitingReader() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let member = try broker.join(group: "g", topics: ["out"])
        _ = try await member.drain()
        let session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["a"]), to: out0)
        async let values = member.delivery(within: .seconds(60))
        try await session.commit()
        #expect(try await values == ["a"])
        try await broker.close()
    }

    @Test("each transaction is another identity, and an earlier process's ids are not used again")
    func identities() async throws {
        let folder = try TemporaryFolder()
        var broker = try await opened(folder.path)
        var session = try await broker.beginSession(transactionalId: "x")
        for text in ["a", "b"] {
            try await session.append(batch([text]), to: out0)
            try await session.commit()
        }
        try await broker.close()
        broker = try await opened(folder.path)
        session = try await broker.beginSession(transactionalId: "x")
        try await session.append(batch(["c"]), to: out0)
        try await session.commit()
        let read = try #require(broker.log(of: out0)).read(from: 0, bytesMax: 1 << 20, isolation: .readUncommitted)
        let writers = read.batches.filter { !$0.header.isControl }.map {
            ProducerIdentity(id: $0.header.producerId, epoch: $0.header.producerEpoch)
        }
        #expect(Set(writers).count == 3)
        #expect(writers.allSatisfy { $0.id >= 0 })
        #expect(writers[2].id >= ProducerIds.blockSize)
        try await broker.close()
    }

    @Test("many sessions at once commit without disturbing one another")
    func concurrency() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path, .os)
        try await withThrowingTaskGroup { group in
            for worker in 0..<8 {
                group.addTask {
                    let session = try await broker.beginSession(transactionalId: "worker-\(worker)")
                    for round in 0..<20 {
                        try await session.append(batch(["\(worker).\(round)"]), to: out0)
                        try await session.append(batch(["\(worker).\(round)"]), to: out1)
                        if round % 5 == 4 { try await session.abort() } else { try await session.commit() }
                    }
                }
            }
            try await group.waitForAll()
        }
        for source in [out0, out1] {
            let values = try await broker.committedTexts(source)
            #expect(values.count == 8 * 16)
            for worker in 0..<8 {
                let own = values.filter { $0.hasPrefix("\(worker).") }
                #expect(own == (0..<20).filter { $0 % 5 != 4 }.map { "\(worker).\($0)" })
            }
        }
        try await broker.close()
    }
}
