import Records
import SegmentedLog
import Settings
import Synchronization
import TestSupport
import Testing

@testable import BrokerCore

@Suite("A client's transactions and a broker that crashes")
struct WireTransactionRecoveryTests {
    private let input = TopicPartition("in")
    private let out0 = TopicPartition("out", 0)
    private let out1 = TopicPartition("out", 1)

    /// - Parameter waitMax: how long the end of a transaction waits for its markers: long, except where they do not come.
    private func opened(
        _ directory: String, disk: any Disk = FileDisk(), waitMax: Duration = .seconds(120)
    ) async throws -> Broker {
        let broker = try await Broker.open(directory: directory, disk: disk, transactionWaitMax: waitMax)
        _ = try await broker.ensureTopic("in")
        _ = try await broker.ensureTopic("out", partitions: 2)
        return broker
    }

    /// A broker on a disk that can fail, and a producer of it.
    private func started(
        waitMax: Duration = .seconds(120)
    ) async throws -> (TemporaryFolder, FaultyDisk, Broker, WireProducer) {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk: disk, waitMax: waitMax)
        return (folder, disk, broker, try await WireProducer(broker))
    }

    /// The broker that starts next; the producer goes on with it.
    private func restarted(_ directory: String, _ producer: WireProducer) async throws -> Broker {
        let next = try await opened(directory)
        producer.broker = next
        return next
    }

    /// From here on the disk has no room for writes to the files that `isFull` names; a crash at the first such write leaves the copy.
    private func crash(
        in folder: TemporaryFolder, on disk: FaultyDisk, _ isFull: @escaping @Sendable (String) -> Bool
    ) -> CrashCopy {
        let crashed = CrashCopy()
        disk.failWrites { path, _ in
            guard isFull(path) else { return nil }
            crashed.take(folder.path)
            return LogError(.diskFull, "No space left on device")
        }
        return crashed
    }

    private func error(_ body: () async throws -> Void) async -> BrokerError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? BrokerError)?.code
        }
    }

    @Test("what is open stays open, and its producer goes on where it was", arguments: [true, false])
    func open(isCrash: Bool) async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let producer = try await WireProducer(broker)
        try await producer.add(out0)
        let offset = try await producer.send(["a"], to: out0)
        let crashed = try TemporaryFolder.crashed(folder.path)
        try await broker.close()

        let next = try await restarted(isCrash ? crashed.path : folder.path, producer)
        #expect(producer.state == .ongoing)
        #expect(try await next.committedTexts(out0) == [])
        // It has not heard that the batch was taken, and sends it again.
        #expect(try await producer.send(["a"], to: out0, again: true) == offset)
        try await producer.send(["b"], to: out0)
        #expect(await error { try await producer.send(["c"], to: out1) }?.rawValue == "transactionState")
        try await producer.add(out1)
        try await producer.send(["c"], to: out1)
        try await producer.end(commit: true)
        #expect(try await next.committedTexts(out0) == ["a", "b"])
        #expect(try await next.committedTexts(out1) == ["c"])
        try await next.close()
    }

    @Test(
        "an id whose first producer found no room is not remembered, and anybody may have it",
        arguments: ["producer-ids", TransactionRecord.topic])
    func firstNotLogged(file: String) async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk: disk)
        let transactions = broker.wireTransactions
        disk.failWrites { path, _ in
            path.contains(file) ? LogError(.diskFull, "No space left on device") : nil
        }
        #expect(
            await error { _ = try await transactions.initialise("x", timeoutMilliseconds: 1000, expected: nil) }
                == .diskFull)
        #expect(transactions.state.withLock { $0.entries.isEmpty })
        disk.makeRoom()
        _ = try await broker.beginSession(transactionalId: "x")
        _ = try await transactions.initialise("y", timeoutMilliseconds: 1000, expected: nil)
        #expect(transactions.statuses.map(\.id) == ["y"])
        try await broker.close()
    }

    @Test("a partition that is not logged is not in the transaction")
    func addNotLogged() async throws {
        let (folder, disk, broker, producer) = try await started()
        try await producer.add(out0)
        let crashed = crash(in: folder, on: disk) { $0.contains("__transaction_state") }
        #expect(await error { try await producer.add(out1) } == .diskFull)
        #expect(await error { try await producer.send(["no"], to: out1) } == .transactionState)
        disk.makeRoom()
        try await producer.add(out1)
        try await producer.send(["yes"], to: out1)
        try await producer.end(commit: true)
        #expect(try await broker.committedTexts(out1) == ["yes"])
        try await broker.close()

        let next = try await opened(try #require(crashed.folder).path)
        #expect(next.wireTransactions.status(of: "x")?.partitions == [out0])
        try await next.close()
    }

    @Test("before the decision is written nothing is decided, and the producer asks again", arguments: [true, false])
    func beforePrepare(isCommit: Bool) async throws {
        let (folder, disk, broker, producer) = try await started()
        try await producer.add(out0)
        try await producer.send(["a"], to: out0)
        let crashed = crash(in: folder, on: disk) { $0.contains("__transaction_state") }
        #expect(await error { try await producer.end(commit: isCommit) } == .diskFull)
        #expect(producer.state == .ongoing)
        disk.makeRoom()
        try await producer.end(commit: isCommit)
        try await broker.close()

        let next = try await restarted(try #require(crashed.folder).path, producer)
        #expect(producer.state == .ongoing)
        #expect(try await next.committedTexts(out0) == [])
        try await producer.end(commit: isCommit)
        #expect(try await next.committedTexts(out0) == (isCommit ? ["a"] : []))
        #expect(try #require(next.log(of: out0)).openTransactions.isEmpty)
        try await next.close()
    }

    @Test(
        "once decided it is ended at the start, with no marker written before or some",
        arguments: [true, false], ["-", "out-0", "__consumer_offsets-0"])
    func afterPrepare(isCommit: Bool, written: String) async throws {
        let (folder, disk, broker, producer) = try await started(waitMax: .milliseconds(200))
        try await producer.add(out0, out1)
        try await producer.addPositions()
        try await producer.send(["a"], to: out0)
        try await producer.send(["b"], to: out1)
        try await producer.commit(5, of: "g", in: input)
        // No room for a marker (a control batch has 78 bytes), except in the partition of the argument.
        let crashed = CrashCopy()
        disk.failWrites { path, bytes in
            guard path.hasSuffix(".log"), bytes == 78, !path.contains(written + "/") else { return nil }
            if path.contains("out-1") || written == "-" { crashed.take(folder.path) }
            return LogError(.diskFull, "No space left on device")
        }
        // Decided is decided: the producer is told so after a while, and the markers come when there is room.
        try await producer.end(commit: isCommit)
        #expect(producer.state == (isCommit ? .prepareCommit : .prepareAbort))
        #expect(try await broker.committedTexts(out1) == [])
        #expect(await error { try await producer.add(out0) } == .transactionUnderWay)
        disk.makeRoom()
        try await eventually("the markers are written") {
            producer.state == (isCommit ? .completeCommit : .completeAbort)
        }
        try await broker.close()

        let sequences = producer.sequences
        for directory in [try #require(crashed.folder).path, folder.path] {
            let next = try await restarted(directory, producer)
            producer.sequences = sequences
            #expect(producer.state == (isCommit ? .completeCommit : .completeAbort))
            #expect(try await next.committedTexts(out0) == (isCommit ? ["a"] : []))
            #expect(try await next.committedTexts(out1) == (isCommit ? ["b"] : []))
            #expect(next.committed(group: "g")[input]?.offset == (isCommit ? 5 : nil))
            #expect(!next.offsets.isPending(input, of: "g"))
            for source in [out0, out1] { #expect(try #require(next.log(of: source)).openTransactions.isEmpty) }
            // The answer was lost, and the producer asks again; then it goes on.
            try await producer.end(commit: isCommit)
            try await producer.add(out0)
            try await producer.send(["next"], to: out0)
            try await producer.end(commit: true)
            #expect(try await next.committedTexts(out0) == (isCommit ? ["a", "next"] : ["next"]))
            try await next.close()
        }
    }

    @Test("that a transaction is complete need not be written: the start finds its markers, and writes them once more")
    func completeNotWritten() async throws {
        let (folder, disk, broker, producer) = try await started()
        try await producer.add(out0)
        try await producer.send(["a"], to: out0)
        // The first write is the decision, the second that it is complete.
        let writes = Counter()
        let crashed = crash(in: folder, on: disk) {
            $0.contains("__transaction_state") && $0.hasSuffix(".log") && writes.next() == 2
        }
        try await producer.end(commit: true)
        #expect(producer.state == .completeCommit)
        #expect(try await broker.committedTexts(out0) == ["a"])
        try await broker.close()

        let next = try await restarted(try #require(crashed.folder).path, producer)
        #expect(producer.state == .completeCommit)
        try await producer.add(out0)
        try await producer.send(["b"], to: out0)
        try await producer.end(commit: true)
        #expect(try await next.committedTexts(out0) == ["a", "b"])
        try await next.close()
    }

    @Test(
        "positions count with the commit, also of a transaction that a crash has found open", arguments: [true, false])
    func positions(isCommit: Bool) async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let producer = try await WireProducer(broker)
        #expect(await error { try await producer.commit(5, of: "g", in: input) } == .transactionState)
        try await producer.addPositions()
        try await producer.commit(5, of: "g", in: input)
        try await producer.commit(6, of: "g", in: input)
        #expect(broker.committed(group: "g").isEmpty && broker.offsets.isPending(input, of: "g"))
        #expect(!broker.offsets.isPending(input, of: "h") && !broker.offsets.isPending(out0, of: "g"))
        let crashed = try TemporaryFolder.crashed(folder.path)
        try await broker.close()

        for directory in [crashed.path, folder.path] {
            let next = try await restarted(directory, producer)
            #expect(next.committed(group: "g").isEmpty && next.offsets.isPending(input, of: "g"))
            try await producer.end(commit: isCommit)
            #expect(next.committed(group: "g")[input]?.offset == (isCommit ? 6 : nil))
            #expect(!next.offsets.isPending(input, of: "g"))
            try await next.close()
            let last = try await opened(directory)
            #expect(last.committed(group: "g")[input]?.offset == (isCommit ? 6 : nil))
            try await last.close()
        }
    }

    @Test("positions that found no room do not come with the commit")
    func positionsWithoutRoom() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await opened(folder.path, disk: disk)
        let producer = try await WireProducer(broker)
        try await producer.addPositions()
        try await producer.commit(5, of: "g", in: input)
        disk.failWrites { path, _ in path.contains("__consumer_offsets") ? LogError(.diskFull, "No space left") : nil }
        #expect(await error { try await producer.commit(6, of: "g", in: input) } == .diskFull)
        disk.makeRoom()
        try await producer.end(commit: true)
        #expect(broker.committed(group: "g")[input]?.offset == 5)
        try await broker.close()
    }

    @Test("the time of a transaction goes on over a crash, and then its producer is fenced")
    func timeout() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let producer = try await WireProducer(broker, timeoutMilliseconds: 1000)
        try await producer.add(out0, out1)
        try await producer.send(["a"], to: out0)
        let crashed = try TemporaryFolder.crashed(folder.path)

        for directory in [folder.path, crashed.path] {
            let next = directory == folder.path ? broker : try await opened(directory)
            producer.broker = next
            try await eventually("the transaction is aborted") { producer.state == .completeAbort }
            #expect(try await next.committedTexts(out0) == [])
            #expect(try #require(next.log(of: out0)).openTransactions.isEmpty)
            // By the partition's marker, and by the coordinator where nothing was written.
            for source in [out0, out1] {
                #expect(await error { try await producer.send(["late"], to: source) } == .fenced)
            }
            #expect(await error { try await producer.end(commit: true) } == .fenced)
            #expect(await error { try await producer.add(out0) } == .fenced)
            try await next.close()
        }
    }

    @Test("a sync of the decision that fails leaves the outcome to the next start")
    func failedSync() async throws {
        let (folder, disk, broker, producer) = try await started()
        try await producer.add(out0)
        try await producer.send(["a"], to: out0)
        disk.failSyncs { $0.contains("__transaction_state") ? LogError(.io, "fdatasync failed") : nil }
        #expect(await error { try await producer.end(commit: true) } == .io)
        #expect(await error { try await producer.end(commit: true) } == .uncertain)
        #expect(await error { try await producer.send(["b"], to: out0) } == .uncertain)
        #expect(try await broker.committedTexts(out0) == [])
        await #expect(throws: BrokerError.self) { try await broker.close() }

        // The decision was on this disk after all.
        let next = try await opened(folder.path)
        #expect(try await next.committedTexts(out0) == ["a"])
        try await next.close()
    }

    @Test("a partition that refuses its marker for good keeps the decision, and the next start writes it")
    func failedMarker() async throws {
        let (folder, disk, broker, producer) = try await started(waitMax: .milliseconds(200))
        try await producer.add(out0, out1)
        try await producer.send(["a"], to: out0)
        try await producer.send(["b"], to: out1)
        disk.failSyncs { $0.contains("out-1/") && $0.hasSuffix(".log") ? LogError(.io, "fdatasync failed") : nil }
        try await producer.end(commit: true)
        #expect(producer.state == .prepareCommit)
        #expect(await error { try await producer.add(out0) } == .transactionUnderWay)
        await #expect(throws: BrokerError.self) { try await broker.close() }

        let next = try await restarted(folder.path, producer)
        #expect(producer.state == .completeCommit)
        #expect(try await next.committedTexts(out0) == ["a"])
        #expect(try await next.committedTexts(out1) == ["b"])
        try await next.close()
    }

    @Test("a topic that is deleted with an open transaction in it keeps nobody waiting")
    func deletedTopic() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let producer = try await WireProducer(broker)
        _ = try await broker.ensureTopic("gone")
        try await producer.add(out0, TopicPartition("gone"))
        try await producer.send(["a"], to: out0)
        try await producer.send(["b"], to: TopicPartition("gone"))
        try await broker.deleteTopic("gone")
        try await producer.end(commit: true)
        #expect(producer.state == .completeCommit)
        #expect(try await broker.committedTexts(out0) == ["a"])
        try await broker.close()
    }

    @Test("whoever begins waits for the abort of what was open, and is told of an id that is used up")
    func takeOver() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let old = try await WireProducer(broker)
        try await old.add(out0)
        try await old.send(["old"], to: out0)
        let new = try await WireProducer(broker)
        #expect(new.identity == ProducerIdentity(id: old.identity.id, epoch: old.identity.epoch + 2))
        #expect(try #require(broker.log(of: out0)).openTransactions.isEmpty)
        #expect(await error { try await old.send(["late"], to: out0) } == .fenced)
        #expect(await error { try await old.end(commit: true) } == .fenced)
        for timeout in [0, -1, 900_001] as [Int32] {
            #expect(
                await error { _ = try await WireProducer(broker, timeoutMilliseconds: timeout) } == .transactionTimeout)
        }
        #expect(await error { _ = try await WireProducer(broker, id: "") } == .invalid)
        try await broker.close()
    }

    @Test("a transactional id is a pipeline's or a client's, not both")
    func namespace() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder.path)
        let session = try await broker.beginSession(transactionalId: "pipeline")
        try await session.append(batch(["in process"]), to: out0)
        #expect(await error { _ = try await WireProducer(broker, id: "pipeline") } == .inUse)
        try await session.commit()
        let producer = try await WireProducer(broker, id: "client")
        #expect(await error { _ = try await broker.beginSession(transactionalId: "client") } == .inUse)
        try await producer.add(out0)
        try await producer.send(["wire"], to: out0)
        let crashed = try TemporaryFolder.crashed(folder.path)
        try await broker.close()

        let next = try await restarted(crashed.path, producer)
        #expect(await error { _ = try await next.beginSession(transactionalId: "client") } == .inUse)
        try await producer.end(commit: true)
        #expect(try await next.committedTexts(out0) == ["in process", "wire"])
        // Nobody has it in this process.
        _ = try await WireProducer(next, id: "pipeline")
        try await next.close()
    }

    @Test("an id that nobody uses for a week is forgotten, also by the next start")
    func expiry() async throws {
        let folder = try TemporaryFolder()
        var broker = try await opened(folder.path)
        _ = try await WireProducer(broker, id: "idle")
        let open = try await WireProducer(broker, id: "open")
        try await open.add(out0)
        let week: Int64 = 7 * 86_400_000
        await broker.wireTransactions.expire(now: systemMilliseconds() + week - 60_000)
        #expect(broker.wireTransactions.statuses.map(\.id) == ["idle", "open"])
        await broker.wireTransactions.expire(now: systemMilliseconds() + week)
        #expect(broker.wireTransactions.statuses.map(\.id) == ["open"])
        try await broker.close()
        broker = try await opened(folder.path)
        #expect(broker.wireTransactions.statuses.map(\.id) == ["open"])
        // It is free for anybody.
        _ = try await broker.beginSession(transactionalId: "idle")
        try await broker.close()
    }

    @Test("a batch that races the end of its transaction is in it or refused: none is left open behind its marker")
    func race() async throws {
        let folder = try TemporaryFolder()
        let broker = try await Broker.open(directory: folder.path, settings: EmbeddedSettings(flush: .os))
        _ = try await broker.ensureTopic("out", partitions: 2)
        let producer = try await WireProducer(broker)
        let (id, identity) = (producer.id, producer.identity)
        var taken: [String] = []
        var sequence: Int32 = 0
        for round in 0..<300 {
            try await producer.add(out0)
            let late = Task.detached { [sequence] in
                var taken: [String] = []
                // Until the first is refused.
                while true {
                    let text = "\(round).\(taken.count)"
                    let stamped = try batch([text]).stamped(
                        producerId: identity.id, producerEpoch: identity.epoch,
                        baseSequence: sequence + Int32(taken.count), isTransactional: true)
                    do throws(BrokerError) {
                        _ = try broker.begin(appending: stamped, to: out0, transactionalId: id)
                    } catch {
                        return (taken, error.code)
                    }
                    taken.append(text)
                }
            }
            try await producer.end(commit: true)
            let (texts, code) = try await late.value
            #expect(code == .transactionState || code == .invalid, "round \(round)")
            taken += texts
            sequence += Int32(texts.count)
            #expect(try #require(broker.log(of: out0)).openTransactions.isEmpty, "round \(round)")
        }
        #expect(try await broker.committedTexts(out0) == taken)
        try await broker.close()
    }
}

/// Counts from 1, from any thread.
private final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
