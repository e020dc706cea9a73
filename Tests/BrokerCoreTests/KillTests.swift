import Foundation
import Records
import Settings
import TestSupport
import Testing

@testable import BrokerCore

@Suite("SIGKILL")
struct KillTests {
    private static let partitions: Int32 = 2
    private static let records = 20_000

    @Test(
        "however often the process is killed, each input record is in the output exactly once, and nothing acknowledged is lost"
    )
    func kills() async throws {
        let folder = try TemporaryFolder()
        let directory = folder.path
        let broker = try await Broker.open(directory: directory, settings: EmbeddedSettings(flush: .os))
        _ = try await broker.ensureTopic("in", partitions: Self.partitions)
        _ = try await broker.ensureTopic("out", partitions: Self.partitions)
        for partition in 0..<Self.partitions {
            for start in stride(from: 0, to: Self.records, by: 10) {
                let numbers = (start..<start + 10).map(String.init)
                _ = try await broker.append(batch(numbers), to: TopicPartition("in", partition))
            }
        }
        try await broker.close()

        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for round in 0..<4 {
            // The last one is not killed before it has committed, however slow the machine: there is something to look at.
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    directory = directory as String, isLast = (round == 3) as Bool,
                    pause = UInt32.random(in: 20_000..<300_000, using: &random) as UInt32
                ] in
                try await Self.copyUntilKilled(directory, afterFirstCommit: isLast, microseconds: pause)
            }
            let broker = try await Broker.open(directory: directory)
            for partition in 0..<Self.partitions {
                let output = try await broker.committedTexts(TopicPartition("out", partition))
                let position = broker.committed(group: "copy")[TopicPartition("in", partition)]?.offset ?? 0
                #expect(output == (0..<output.count).map(String.init), "round \(round)")
                #expect(Int64(output.count) == position, "round \(round)")
                let acknowledged = try? String(
                    contentsOfFile: directory + "/acknowledged-\(partition)", encoding: .utf8)
                #expect(position >= acknowledged.flatMap { Int64($0) } ?? 0, "round \(round)")
            }
            try await broker.close()
        }
        let last = try await Broker.open(directory: directory)
        #expect(!last.committed(group: "copy").isEmpty)
        try await last.close()
    }

    /// Copies `in` to `out` in transactions, noting what was acknowledged, until it kills itself at a random moment.
    private static func copyUntilKilled(
        _ directory: String, afterFirstCommit: Bool, microseconds pause: UInt32
    ) async throws {
        let broker = try await Broker.open(directory: directory)
        let member = try broker.join(group: "copy", topics: ["in"], deliveryBytesMax: 2000)
        let session = try await broker.beginSession(transactionalId: "copy")
        var isKillDue = true
        func killOnce() {
            if isKillDue { dieIn(microseconds: pause) }
            isKillDue = false
        }
        if !afterFirstCommit { killOnce() }
        while let event = try await member.next(waitingUpTo: .seconds(1)) {
            // Idle: all was copied before.
            if case .idle = event { killOnce() }
            guard case .delivery(let source, let batches, let start, let next, _, _) = event else { continue }
            let target = TopicPartition("out", source.partition)
            for input in batches { try await session.append(batch(try texts(input, from: start)), to: target) }
            try await session.commit([source: CommittedPosition(offset: next)], of: member)
            try "\(next)".write(
                toFile: directory + "/acknowledged-\(source.partition)", atomically: true, encoding: .utf8)
            killOnce()
        }
    }

    private static func dieIn(microseconds: UInt32) {
        Thread.detachNewThread {
            usleep(microseconds)
            kill(getpid(), SIGKILL)
        }
    }

    @Test("the lock of a killed process does not outlive it")
    func lock() async throws {
        let folder = try TemporaryFolder()
        let directory = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String] in
            let broker = try await Broker.open(directory: directory)
            _ = try await broker.ensureTopic("t")
            kill(getpid(), SIGKILL)
        }
        let broker = try await Broker.open(directory: directory)
        #expect(broker.topic(named: "t") != nil)
        try await broker.close()
    }
}
