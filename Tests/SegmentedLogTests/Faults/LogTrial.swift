import DiskSimulation
import Foundation
import Records
import TestSupport

@testable import SegmentedLog

/// The life of one partition on a disk that fails: random work, crashes, and after each a look at what is there. All of it follows from the seed.
struct LogTrial {
    private static let partition = "/data/hits-0"
    private static let operationsMax = 40

    private var random: SeededGenerator
    private var disk: SimulatedDisk
    private let config: LogConfig
    private let policy: FlushPolicy
    private let clock = TestClock()
    private var ledger = LogLedger()
    private var idempotent = [
        IdempotentWriter(producer: Producer(id: 10)), IdempotentWriter(producer: Producer(id: 11)),
    ]
    private var transactional = [
        TransactionalWriter(producer: Producer(id: 20, isTransactional: true)),
        TransactionalWriter(producer: Producer(id: 21, isTransactional: true)),
    ]
    private var records = 0
    private var transactions = 0
    private var isFaulty = false
    private(set) var steps: [String] = []

    /// Disk operations over all trials so far.
    var operations: Int { disk.operations }
    var trace: [String] { disk.trace }

    init(seed: UInt64, isTracing: Bool = false) {
        random = SeededGenerator(seed: seed)
        disk = SimulatedDisk(seed: random.next())
        if isTracing { disk.traceOperations() }
        let isCompacted = random.below(3) == 0
        config = LogConfig(
            segmentBytes: 1500 + random.below(2000), retentionBytes: random.below(2) == 0 ? nil : 2500,
            retentionMilliseconds: nil, indexIntervalBytes: 50 + random.below(300),
            cleanupPolicy: isCompacted ? .compact : .delete, deleteRetentionMilliseconds: 500)
        policy = [.always, .always, .always, .interval(.seconds(3600)), .os][random.below(5)]
    }

    mutating func run() async throws {
        for _ in 0..<(2 + random.below(3)) {
            try await live()
        }
        disk.clearFaults()
        isFaulty = false
        let log = try open(gate: makeGate(), clean: false)
        try check(log)
        try log.close()
        try check(try open(gate: makeGate(), clean: true))
    }

    /// Before faults are injected.
    private func makeGate() throws -> FlushGate {
        _ = try disk.openDirectory("/data", create: true)
        try disk.syncDirectory("")
        return FlushGate(policy: policy, ballast: try Ballast(directory: "/data", disk: disk, bytes: 2000))
    }

    // MARK: One life of the process

    private mutating func live() async throws {
        let gate = try makeGate()
        if random.below(4) == 0 { injectFaults() }
        let log: PartitionLog
        do {
            log = try open(gate: gate, clean: false)
            try check(log)
        } catch let error as LogError {
            try allow(error, "open")
            return crash(gate)
        }
        injectFaults()
        var failures = 0
        var isResolved = false
        for _ in 0..<random.below(Self.operationsMax) where !disk.isDead && failures < 3 {
            do {
                // What the last process left undecided comes first.
                if !isResolved { try await resolve(log) }
                isResolved = true
                try await step(log)
            } catch let error as LogError {
                try allow(error, steps.last ?? "")
                if error.code != .diskFull { failures += 1 }
            }
            // So that the rounds of the flush gate come at the same moments in every run of the seed.
            try? gate.exclusively {}
        }
        if !disk.isDead, random.below(3) == 0 { return try closeAndReopen(log, gate) }
        crash(gate)
    }

    private mutating func closeAndReopen(_ log: PartitionLog, _ gate: FlushGate) throws {
        steps.append("close")
        do {
            try log.close()
        } catch {
            try allow(error, "close")
            return crash(gate)
        }
        acknowledge(durable: true)
        gate.close()
        // Nothing is left to lose.
        disk = disk.crash(.nothing)
        isFaulty = false
        try check(try open(gate: makeGate(), clean: true))
    }

    private mutating func crash(_ gate: FlushGate) {
        var survival = Survival.allCases[random.below(Survival.allCases.count)]
        // Under `os` a power cut may take anything from anywhere.
        if policy == .os { survival = .process }
        steps.append("crash: \(survival)")
        // After a failed fdatasync even a killed process may have lost what nobody had waited for.
        let hasLostPages = disk.hasLostPages
        disk = disk.crash(survival)
        gate.close()
        isFaulty = false
        let hasPowerGone = survival != .process || hasLostPages
        ledger.crashed(withPower: hasPowerGone)
        for index in transactional.indices { transactional[index].restarted() }
        for index in idempotent.indices {
            idempotent[index].restarted()
            // What was acknowledged before it was synced may be gone: no later sequence can follow.
            if hasPowerGone, policy != .always {
                idempotent[index] = IdempotentWriter(producer: Producer(id: idempotent[index].producer.id + 100))
            }
        }
    }

    private mutating func injectFaults() {
        disk.clearFaults()
        isFaulty = true
        func place(_ random: inout SeededGenerator) -> (Int, Fault.Operation?) {
            if random.below(2) == 0 { return (1 + random.below(120), nil) }
            return (1 + random.below(12), Fault.Operation.allCases[random.below(Fault.Operation.allCases.count)])
        }
        if random.below(5) > 0 {
            let (ordinal, operation) = place(&random)
            disk.inject(Fault(.crash, at: ordinal, of: operation))
        }
        if random.below(4) == 0 {
            let (ordinal, operation) = place(&random)
            disk.inject(Fault(.error, at: ordinal, of: operation))
        }
        if random.below(4) == 0 {
            disk.inject(Fault(.full(operations: 1 + random.below(8)), at: 1 + random.below(60)))
        }
        // Until the next life, with retention to make room.
        if random.below(6) == 0 { disk.limit(toBytes: disk.usedBytes + random.below(3000)) }
    }

    private func allow(_ error: LogError, _ step: String) throws {
        let isExpected: Bool =
            switch error.code {
            case .io, .readOnly, .diskFull, .closed: isFaulty
            default: false
            }
        guard isExpected else { throw BrokenPromise("\(step) failed: \(error)") }
    }

    private func open(gate: FlushGate, clean: Bool) throws -> PartitionLog {
        try openLog(Self.partition, config, disk: disk, gate: gate, clean: clean, clock: clock)
    }

    private mutating func check(_ log: PartitionLog) throws {
        let found = try LogPromises(
            log: log, ledger: ledger, isCompacted: config.cleanupPolicy == .compact
        ).check()
        ledger.settle(found, start: log.startOffset)
    }

    /// Ends the transactions that the last process left open, and sends again what was not acknowledged.
    private mutating func resolve(_ log: PartitionLog) async throws {
        for index in transactional.indices {
            let producerId = transactional[index].producer.id
            transactional[index].decide(commit: false, &ledger)
            let isOpen = log.openTransactions.contains { $0.producerId == producerId }
            steps.append("resolve \(producerId): \(transactional[index].decided as Any), open: \(isOpen)")
            try transactional[index].end(in: log, &ledger)
        }
        try await log.flush()
        acknowledge(durable: true)
        for index in transactional.indices {
            transactional[index].producer.epoch += 1
            transactional[index].producer.sequence = 0
        }
    }

    // MARK: Work

    private mutating func step(_ log: PartitionLog) async throws {
        clock.advance(Int64(random.below(200)))
        switch random.below(20) {
        case 0...3: try appendPlain(log)
        case 4...7: try sendIdempotent(log)
        case 8...10: try await appendTransactional(log)
        case 11...12: try await end(log)
        case 13...15: try await acknowledge(log)
        case 16:
            steps.append("flush")
            try await log.flush()
            acknowledge(durable: true)
        case 17:
            steps.append("roll")
            try log.roll()
        case 18: try removeOld(log)
        default:
            steps.append("compact")
            try log.compact()
        }
    }

    private mutating func appendPlain(_ log: PartitionLog) throws {
        let records = newRecords("p")
        steps.append("append \(describe(records)) at \(log.endOffset)")
        let batch = try makeBatch(records.map { ($0.key, $0.value) }, timestamp: time)
        try ledger.append(batch, of: records, to: log)
    }

    private mutating func sendIdempotent(_ log: PartitionLog) throws {
        let index = random.below(idempotent.count)
        if idempotent[index].inFlight.count < IdempotentWriter.inFlightMax {
            let records = newRecords("i\(index)")
            let batch = try idempotent[index].producer.batch(records.map { ($0.key, $0.value) }, timestamp: time)
            idempotent[index].inFlight.append(.init(batch: batch, records: records))
        }
        let unsent = idempotent[index].inFlight.filter { !$0.isSent }.map { describe($0.records) }
        steps.append("send \(unsent.joined(separator: ", ")) of i\(index) at \(log.endOffset)")
        try idempotent[index].send(to: log, &ledger)
    }

    private mutating func appendTransactional(_ log: PartitionLog) async throws {
        let index = random.below(transactional.count)
        if transactional[index].decided != nil {
            try transactional[index].end(in: log, &ledger)
            try await log.flush()
            acknowledge(durable: true)
        }
        if transactional[index].transaction == nil {
            transactions += 1
            transactional[index].transaction = transactions
            ledger.begin(transactions)
        }
        let records = newRecords("t\(index)", transactional[index].transaction)
        let transaction = transactional[index].transaction ?? 0
        steps.append("append \(describe(records)) of transaction \(transaction) at \(log.endOffset)")
        try transactional[index].append(records, timestamp: time, to: log, &ledger)
    }

    private mutating func end(_ log: PartitionLog) async throws {
        let index = random.below(transactional.count)
        if let transaction = transactional[index].transaction {
            let commit = random.below(3) > 0
            steps.append("\(commit ? "commit" : "abort") \(transaction)")
            // Its records must be on the disk before anybody decides.
            if commit {
                try await log.flush()
                acknowledge(durable: true)
            }
            transactional[index].decide(commit: commit, &ledger)
        }
        try transactional[index].end(in: log, &ledger)
    }

    private mutating func acknowledge(_ log: PartitionLog) async throws {
        steps.append("wait")
        try await log.gate.waitUntilDurable([(log, through: log.endOffset - 1)])
        acknowledge(durable: policy == .always)
    }

    private mutating func acknowledge(durable: Bool) {
        ledger.acknowledge(durable: durable)
        for index in idempotent.indices { idempotent[index].acknowledged() }
        guard durable else { return }
        for index in transactional.indices { transactional[index].synced() }
    }

    private mutating func removeOld(_ log: PartitionLog) throws {
        if random.below(2) == 0 {
            steps.append("retention")
            try log.applyRetention(now: clock.now)
        } else {
            let start = log.startOffset + Int64(random.below(max(1, Int(log.highWatermark - log.startOffset))))
            steps.append("delete before \(start)")
            try log.deleteRecords(before: start)
            ledger.startOffset = max(ledger.startOffset, start)
        }
        ledger.startOffset = max(ledger.startOffset, log.startOffset)
    }

    /// The records by key, tombstones with a minus; or how many they are.
    private func describe(_ records: [LogLedger.Written]) -> String {
        guard config.cleanupPolicy == .compact else { return "\(records.count)" }
        return records.map { ($0.value == nil ? "-" : "") + ($0.key ?? "") }.joined(separator: "+")
    }

    private var time: Int64 { 1000 + Int64(records) }

    private mutating func newRecords(_ writer: String, _ transaction: Int? = nil) -> [LogLedger.Written] {
        let isCompacted = config.cleanupPolicy == .compact
        return (0...random.below(3)).map { _ in
            records += 1
            let size = random.below(4) == 0 ? 600 : random.below(90)
            let value = "\(writer):\(records):" + String(repeating: ".", count: size % 300)
            let isTombstone = isCompacted && random.below(5) == 0
            return LogLedger.Written(
                key: isCompacted ? "k\(random.below(6))" : nil, value: isTombstone ? nil : value,
                transaction: transaction)
        }
    }
}
