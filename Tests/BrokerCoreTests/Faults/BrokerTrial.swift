import DiskSimulation
import Logging
import Records
import Settings
import TestSupport

@testable import BrokerCore
@testable import SegmentedLog

/// The life of one data directory on a disk that fails: topics, groups and transactions at random, crashes, and after each a look at what is there.
struct BrokerTrial {
    static let copyGroup = "copy"
    static let wireCopyGroup = "wire-copy"
    private static let operationsMax = 25
    private static let wireId = "wire"

    private let directory: String
    private var random: SeededGenerator
    private var disk: SimulatedDisk
    private var ledger = BrokerLedger()
    private var clients = ClientGroups()
    private let settings: EmbeddedSettings
    private let groupSettings = {
        var settings = GroupSettings()
        settings.initialRebalanceDelay = .zero
        return settings
    }()
    private var number = 0
    private var isFaulty = false
    private(set) var steps: [String] = []
    var trace: [String] { disk.trace }

    /// - Parameter directory: a real folder, for the lock alone.
    init(seed: UInt64, directory: String, isTracing: Bool) {
        self.directory = directory
        random = SeededGenerator(seed: seed)
        disk = SimulatedDisk(seed: random.next())
        if isTracing { disk.traceOperations() }
        settings = EmbeddedSettings(segmentBytes: 1000 + random.below(2000), maintenanceInterval: .seconds(3600))
    }

    mutating func run() async throws {
        _ = try disk.openDirectory(directory, create: true)
        try disk.syncDirectory(String(directory.prefix(upTo: directory.lastIndex(of: "/") ?? directory.startIndex)))
        for _ in 0..<(2 + random.below(2)) { try await live() }
        disk.clearFaults()
        isFaulty = false
        let broker = try await open()
        try await check(broker)
        try await broker.close()
        let again = try await open()
        try await check(again)
        try await again.close()
    }

    private func open() async throws -> Broker {
        try await Broker.open(
            directory: directory, settings: settings, groupSettings: groupSettings, disk: disk,
            transactionWaitMax: .milliseconds(500), internalSegmentBytes: 2000, ballastBytes: 4000,
            logger: Logger(label: "trial") { _ in SwiftLogNoOpLogHandler() })
    }

    private mutating func check(_ broker: Broker) async throws {
        // Whoever comes again with its transactional id ends what it had left open.
        _ = try await initialise(broker)
        try await ledger.check(broker)
        try clients.check(broker) { ledger.topics[$0.topic] == .yes }
    }

    // MARK: One life of the process

    private mutating func live() async throws {
        if random.below(4) == 0 { injectFaults() }
        let broker: Broker
        do {
            broker = try await open()
        } catch {
            try allow(error)
            return await crash(nil)
        }
        do {
            try await check(broker)
        } catch let error as BrokerError {
            try allow(error)
            return await crash(broker)
        } catch {
            await crash(broker)
            throw error
        }
        injectFaults()
        var failures = 0
        for _ in 0..<random.below(Self.operationsMax) where !disk.isDead && failures < 3 {
            do {
                try await step(broker)
            } catch {
                failures += 1
                do { try allow(error) } catch {
                    await crash(broker)
                    throw error
                }
            }
            try? broker.gate.exclusively {}
        }
        if !disk.isDead, random.below(3) == 0 {
            steps.append("close")
            clients.restarted()
            do {
                try await broker.close()
                disk = disk.crash(.nothing)
                isFaulty = false
                return
            } catch {
                try allow(error)
            }
        }
        await crash(broker)
    }

    private mutating func crash(_ broker: Broker?) async {
        let survival = Survival.allCases[random.below(Survival.allCases.count)]
        steps.append("crash: \(survival)")
        clients.restarted()
        let dead = disk
        disk = dead.crash(survival)
        isFaulty = false
        dead.inject(Fault(.crash, at: 1))
        // Only its lock and its threads: its disk is dead.
        try? await broker?.close()
    }

    private mutating func injectFaults() {
        disk.clearFaults()
        isFaulty = true
        func place(_ random: inout SeededGenerator) -> (Int, Fault.Operation?) {
            if random.below(2) == 0 { return (1 + random.below(150), nil) }
            return (1 + random.below(15), Fault.Operation.allCases[random.below(Fault.Operation.allCases.count)])
        }
        if random.below(5) > 0 {
            let (ordinal, operation) = place(&random)
            disk.inject(Fault(.crash, at: ordinal, of: operation))
        }
        if random.below(4) == 0 {
            let (ordinal, operation) = place(&random)
            disk.inject(Fault(.error, at: ordinal, of: operation))
        }
        if random.below(8) == 0 {
            disk.inject(Fault(.full(operations: 1), at: 1 + random.below(100)))
        }
    }

    private func allow(_ error: any Error) throws {
        guard isFaulty, let error = error as? BrokerError else { throw error }
        switch error.code {
        case .io, .diskFull, .uncertain, .closed, .transactionUnderWay: return
        default: throw BrokenPromise("\(steps.last ?? "open") failed: \(error)")
        }
    }

    // MARK: Work

    private mutating func step(_ broker: Broker) async throws {
        switch random.below(20) {
        case 0...1: try await makeTopic(broker)
        case 2: try await deleteTopic(broker)
        case 3...5: try await append(broker)
        case 6...7: try await commitPosition(broker)
        case 8...10: try await transact(broker)
        case 11...12: try await transactOverWire(broker)
        case 13: try await deleteRecords(broker)
        case 14:
            steps.append("maintenance")
            await broker.runMaintenance()
        case 15...18: try await clientStep(broker)
        default:
            steps.append("producer id")
            let id = try await broker.newProducerId()
            guard ledger.producerIds.insert(id).inserted else { throw BrokenPromise("producer id \(id) twice") }
        }
    }

    private mutating func makeTopic(_ broker: Broker) async throws {
        number += 1
        let name = "t\(number)"
        steps.append("make \(name)")
        ledger.topics[name] = .unknown
        _ = try await broker.ensureTopic(name, partitions: Int32(1 + random.below(2)))
        ledger.topics[name] = .yes
    }

    private mutating func deleteTopic(_ broker: Broker) async throws {
        guard random.below(2) == 0, let name = anyTopic(broker)?.name else { return }
        steps.append("delete \(name)")
        ledger.topics[name] = .unknown
        try await broker.deleteTopic(name)
        ledger.topics[name] = .no
    }

    private mutating func append(_ broker: Broker) async throws {
        guard let source = anyPartition(broker) else { return }
        let values = newValues()
        steps.append("append \(values.count) to \(source)")
        _ = try await broker.append(batch(values), to: source)
        ledger.values[source, default: []] += values
    }

    private mutating func commitPosition(_ broker: Broker) async throws {
        guard let source = anyPartition(broker) else { return }
        number += 1
        steps.append("commit \(number) in \(source)")
        let member = try broker.join(group: "g", topics: [source.topic])
        _ = try await member.next(waitingUpTo: .zero)
        do {
            try await member.commit([source: CommittedPosition(offset: Int64(number))])
        } catch {
            await member.close()
            throw error
        }
        ledger.positions["g", default: [:]][source] = Int64(number)
        await member.close()
    }

    private mutating func clientStep(_ broker: Broker) async throws {
        guard let topic = anyTopic(broker) else { return }
        try await clients.step(broker, in: topic.partitions.map(\.id), &number, &random) { steps.append($0) }
    }

    private mutating func transact(_ broker: Broker) async throws {
        guard let input = anyPartition(broker) else { return }
        let session = try await broker.beginSession(transactionalId: "x\(random.below(2))")
        var transaction = BrokerLedger.Transaction()
        for _ in 0...random.below(3) {
            guard let source = anyPartition(broker) else { return }
            let values = newValues()
            steps.append("append \(values) to \(source) in a transaction")
            transaction.values[source, default: []] += values
            ledger.transactions.append(transaction)
            try await session.append(batch(values), to: source)
            ledger.transactions.removeLast()
        }
        guard random.below(3) > 0 else {
            ledger.transactions.append(transaction)
            steps.append("abort")
            return try await session.abort()
        }
        number += 1
        transaction.position = (Self.copyGroup, input, Int64(number))
        steps.append("commit with position \(number) in \(input)")
        transaction.outcome = .unknown
        ledger.transactions.append(transaction)
        let member = try broker.join(group: Self.copyGroup, topics: [input.topic])
        _ = try await member.next(waitingUpTo: .zero)
        do {
            try await session.commit([input: CommittedPosition(offset: Int64(number))], of: member)
            ledger.transactions[ledger.transactions.count - 1].outcome = .yes
        } catch {
            await member.close()
            throw error
        }
        await member.close()
    }

    private func initialise(_ broker: Broker) async throws -> ProducerIdentity {
        try await broker.wireTransactions.initialise(Self.wireId, timeoutMilliseconds: 60_000, expected: nil)
    }

    private mutating func transactOverWire(_ broker: Broker) async throws {
        steps.append("begin over the wire")
        let identity = try await initialise(broker)
        var transaction = BrokerLedger.Transaction()
        var sequences: [TopicPartition: Int32] = [:]
        for _ in 0...random.below(3) {
            guard let source = anyPartition(broker) else { return }
            let values = newValues()
            steps.append("append \(values) to \(source) over the wire")
            transaction.values[source, default: []] += values
            ledger.transactions.append(transaction)
            try await broker.wireTransactions.add([source], to: Self.wireId, of: identity)
            let stamped = try batch(values).stamped(
                producerId: identity.id, producerEpoch: identity.epoch, baseSequence: sequences[source] ?? 0,
                isTransactional: true)
            sequences[source, default: 0] += Int32(values.count)
            try await broker.waitUntilDurable([
                broker.begin(appending: stamped, to: source, transactionalId: Self.wireId)
            ])
            ledger.transactions.removeLast()
        }
        if random.below(2) == 0, let input = anyPartition(broker) {
            number += 1
            steps.append("position \(number) in \(input) over the wire")
            transaction.position = (Self.wireCopyGroup, input, Int64(number))
            ledger.transactions.append(transaction)
            try await broker.wireTransactions.addPositions(to: Self.wireId, of: identity)
            try await broker.wireTransactions.commit(
                [input: CommittedPosition(offset: Int64(number))], of: Self.wireCopyGroup, in: Self.wireId, of: identity
            )
            ledger.transactions.removeLast()
        }
        let isCommit = random.below(3) > 0
        steps.append(isCommit ? "commit over the wire" : "abort over the wire")
        transaction.outcome = isCommit ? .unknown : .no
        ledger.transactions.append(transaction)
        try await broker.wireTransactions.end(Self.wireId, of: identity, commit: isCommit)
        if isCommit { ledger.transactions[ledger.transactions.count - 1].outcome = .yes }
    }

    private mutating func deleteRecords(_ broker: Broker) async throws {
        guard random.below(3) == 0, let source = anyPartition(broker) else { return }
        steps.append("delete records of \(source)")
        ledger.startOffsets[source] = try await broker.deleteRecords(before: nil, in: source)
    }

    private mutating func anyTopic(_ broker: Broker) -> Topic? {
        let topics = broker.topics.filter { !$0.isInternal && ledger.topics[$0.name] == .yes }
        return topics.isEmpty ? nil : topics[random.below(topics.count)]
    }

    private mutating func anyPartition(_ broker: Broker) -> TopicPartition? {
        guard let topic = anyTopic(broker) else { return nil }
        return topic.partitions[random.below(topic.partitions.count)].id
    }

    private mutating func newValues() -> [String] {
        (0...random.below(3)).map { _ in
            number += 1
            return "\(number)" + String(repeating: ".", count: random.below(150))
        }
    }
}
