import DiskSimulation
import Records
import TestSupport
import Testing

@testable import SegmentedLog

/// The process or the power goes at every single disk operation of a workload, one after the other, and every kind of crash leaves what it may.
@Suite("Crashes at every operation")
struct CrashSimulationTests {
    private let partition = "/data/hits-0"
    private let config = LogConfig(segmentBytes: 700, indexIntervalBytes: 100)

    /// What the workload was told is safe.
    private struct Ledger {
        /// Acknowledged plain and committed values by offset.
        var acknowledged: [Int64: String] = [:]
        /// Offsets whose transaction was aborted, durably.
        var aborted: Set<Int64> = []
        var startOffset: Int64 = 0
        var isFinished = false
    }

    /// Appends, transactions, deletions and rolls until the end or until the power goes.
    private func work(on disk: SimulatedDisk, generator: inout SeededGenerator) async -> Ledger {
        var ledger = Ledger()
        do {
            let gate = FlushGate(policy: .always)
            let log = try openLog(partition, config, disk: disk, gate: gate)
            var transactional = Producer(id: 1, isTransactional: true)
            var idempotent = Producer(id: 2)
            for step in 0..<14 {
                var pending: [Int64: String] = [:]
                for number in 0..<Int.random(in: 1...2, using: &generator) {
                    let value =
                        "v\(step)-\(number)" + String(repeating: ".", count: Int.random(in: 0...90, using: &generator))
                    let batch = number == 0 ? try idempotent.batch([value]) : try makeBatch([value])
                    pending[try log.append(batch).baseOffset] = value
                }
                if step % 3 == 1 {
                    let value = "t\(step)"
                    let offset = try log.append(transactional.batch([value])).baseOffset
                    let commit = step % 2 == 0
                    let marker = try log.appendMarker(commit: commit, producerId: 1, producerEpoch: 0)
                    try await gate.waitUntilDurable([(log, through: marker)])
                    if commit { pending[offset] = value } else { ledger.aborted.insert(offset) }
                }
                try await gate.waitUntilDurable([(log, through: log.endOffset - 1)])
                ledger.acknowledged.merge(pending) { $1 }
                if step == 9 {
                    try log.deleteRecords(before: 5)
                    ledger.startOffset = 5
                }
            }
            try log.close()
            gate.close()
            ledger.isFinished = true
        } catch {
            return ledger
        }
        return ledger
    }

    private func check(_ disk: SimulatedDisk, _ ledger: Ledger, _ context: String) throws {
        let log = try openLog(partition, config, disk: disk)
        #expect(log.damage.isEmpty, "\(context): \(log.damage)")
        #expect(log.startOffset >= ledger.startOffset, "\(context)")
        let all = try log.all()
        let values = Dictionary(all.map { ($0.offset, $0.value) }) { $1 }
        for (offset, value) in ledger.acknowledged where offset >= log.startOffset {
            #expect(values[offset] == value, "\(context): offset \(offset)")
        }
        let committed = Set(try log.all(from: nil, .readCommitted).map(\.offset))
        for offset in ledger.aborted { #expect(!committed.contains(offset), "\(context): aborted \(offset)") }
        var next = log.startOffset
        while next < log.endOffset {
            let read = try log.read(from: next, bytesMax: 1, isolation: .readUncommitted)
            guard let first = read.batches.first, first.baseOffset <= next else {
                Issue.record("\(context): offset \(next) of \(log.endOffset) is missing")
                return
            }
            next = read.nextOffset
        }
        for transaction in log.openTransactions {
            _ = try log.appendMarker(
                commit: false, producerId: transaction.producerId, producerEpoch: transaction.producerEpoch)
        }
        #expect(log.lastStableOffset == log.endOffset, "\(context)")
        #expect(try log.append(makeBatch(["after"])).baseOffset == log.endOffset - 1, "\(context)")
        try log.close()
        let again = try openLog(partition, config, disk: disk, clean: true)
        #expect(again.endOffset == log.endOffset, "\(context)")
    }

    @Test(
        "nothing acknowledged is lost, offsets stay dense, aborted data stays hidden",
        arguments: 1...2 as ClosedRange<UInt64>)
    func everyOperation(seed: UInt64) async throws {
        var cut = 1
        while true {
            var generator = SeededGenerator(seed: seed)
            let disk = SimulatedDisk(seed: seed &* 1000 &+ UInt64(cut))
            disk.cutPower(at: cut)
            let ledger = await work(on: disk, generator: &generator)
            for survival in Survival.allCases {
                try check(disk.crash(survival), ledger, "seed \(seed), operation \(cut), \(survival)")
            }
            if ledger.isFinished { break }
            cut += 1
        }
        #expect(cut > 100)
    }

    @Test("a crash during recovery loses nothing either", arguments: Survival.allCases)
    func crashInRecovery(first: Survival) async throws {
        var generator = SeededGenerator(seed: 1)
        let disk = SimulatedDisk(seed: 1)
        disk.cutPower(at: 90)
        let ledger = await work(on: disk, generator: &generator)
        var cut = 1
        while true {
            let broken = disk.crash(first)
            broken.cutPower(at: cut)
            let error = logError { _ = try openLog(partition, config, disk: broken) }
            for second in Survival.allCases {
                try check(broken.crash(second), ledger, "\(first), recovery operation \(cut), \(second)")
            }
            if error == nil { break }
            cut += 1
        }
    }
}
