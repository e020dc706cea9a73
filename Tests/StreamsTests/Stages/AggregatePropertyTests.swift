import BinderKit
import Records
import Settings
import TestSupport
import Testing

@testable import Streams

/// Random streams through random restarts, rebalances and commit points: what was committed must add up to a plain computation.
@Suite("Aggregates over restarts")
struct AggregatePropertyTests {
    @Test("lose and double nothing, whatever is late, wherever it is cut", arguments: 0..<60)
    func anyStream(_: Int) throws {
        try check(isBacklog: false)
    }

    @Test("find nothing late in a backlog whose disorder is within the lateness", arguments: 0..<30)
    func backlog(_: Int) throws {
        try check(isBacklog: true)
    }

    private func check(isBacklog: Bool) throws {
        let seed = UInt64.random(in: 0..<1 << 40)
        var simulation = try AggregateSimulation(seed: seed, isBacklog: isBacklog)
        try simulation.run()
        let expected = simulation.expected
        #expect(simulation.results == expected, "seed \(seed)")
        #expect(simulation.deadLettersTwice == 0, "seed \(seed)")
        if isBacklog { #expect(simulation.lateRecords == 0, "seed \(seed)") }
    }
}

/// A consumer group of two workers over a few partitions, with a durable store of positions, results and dead letters.
private struct AggregateSimulation {
    private struct Input {
        let time: Int64
        let group: Int
        let amount: Int64
        let isBroken: Bool
    }

    private struct Place: Hashable {
        let partition: Int32
        let offset: Int64
    }

    /// A window of a group, with the count and sum of what was emitted for it.
    struct Total: Equatable {
        var count: Int64 = 0
        var sum: Int64 = 0
    }

    private struct Worker {
        var stage: AggregateStage
        var partitions: Set<Int32> = []
        var next: [Int32: Int64] = [:]
        var output = StageOutput()
        var deadLetters: [Place] = []
        var late = 0

        mutating func process(_ record: StageRecord) throws { try stage.process(record, into: &output) }

        mutating func advance(_ clock: StageClock) throws { try stage.advance(clock, into: &output) }
    }

    private static let windowMilliseconds: Int64 = 1000
    private static let latenessMilliseconds: Int64 = 400
    private static let groups = ["a", "b", "c\""]

    private var random: SeededGenerator
    private let isBacklog: Bool
    private let plan: AggregatePlan
    private var logs: [[Input]]
    private var visible: [Int]
    private var workers: [Worker] = []
    private var committed: [Int32: InputPosition] = [:]
    private var deadLetters: Set<Place> = []
    private(set) var results: [String: Total] = [:]
    private(set) var deadLettersTwice = 0
    private(set) var lateRecords = 0

    init(seed: UInt64, isBacklog: Bool) throws {
        random = SeededGenerator(seed: seed)
        self.isBacklog = isBacklog
        plan = try AggregatePlan(
            AggregateOptions(
                window: .milliseconds(Self.windowMilliseconds),
                allowedLateness: .milliseconds(Self.latenessMilliseconds),
                time: SourceText("t"), groupBy: [.init(name: "g", expression: SourceText("g"))],
                measures: [
                    .init(name: "count", function: .count), .init(name: "sum", function: .sum, of: SourceText("v")),
                ]), at: nil)
        let partitions = Int.random(in: 1...4, using: &random)
        logs = []
        for _ in 0..<partitions {
            var now = Int64.random(in: 0...3000, using: &random)
            var log: [Input] = []
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                now += Int64.random(in: 0...300, using: &random)
                let disorder = isBacklog ? 400 : Int64.random(in: 0...2000, using: &random)
                log.append(
                    Input(
                        time: now - Int64.random(in: 0...disorder, using: &random),
                        group: Int.random(in: 0..<Self.groups.count, using: &random),
                        amount: Int64.random(in: -5...100, using: &random),
                        isBroken: Int.random(in: 0..<20, using: &random) == 0))
            }
            logs.append(log)
        }
        visible = logs.map { isBacklog ? $0.count : 0 }
        for partition in 0..<partitions {
            committed[Int32(partition)] = InputPosition(source: Self.source(Int32(partition)), offset: 0)
        }
    }

    private static func source(_ partition: Int32) -> TopicPartition {
        TopicPartition(topic: "in", partition: partition)
    }

    mutating func run() throws {
        workers = [Worker(stage: AggregateStage(plan)), Worker(stage: AggregateStage(plan))]
        for partition in committed.keys.sorted() { try assign(partition, to: Int.random(in: 0...1, using: &random)) }
        for _ in 0..<400 {
            let worker = Int.random(in: 0...1, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0: try crash(worker)
            case 1: try rebalance()
            case 2...5: commit(worker)
            case 6...8: appendMore()
            case 9: try advance(worker, idle: Int64.random(in: 0...3000, using: &random))
            default: try deliver(worker)
            }
        }
        visible = logs.map(\.count)
        for worker in workers.indices {
            while try deliver(worker) {}
            try advance(worker, idle: 1_000_000)
            commit(worker)
        }
    }

    /// What a plain loop over the records finds that were not dead-lettered as late or broken.
    var expected: [String: Total] {
        var totals: [String: Total] = [:]
        for (partition, log) in logs.enumerated() {
            for (offset, input) in log.enumerated() {
                let isDead = deadLetters.contains(Place(partition: Int32(partition), offset: Int64(offset)))
                if input.isBroken && isDead || isDead { continue }
                let start = (input.time - (input.time % 1000 + 1000) % 1000)
                totals[Self.name(start, input.group), default: Total()].count += 1
                totals[Self.name(start, input.group), default: Total()].sum += input.isBroken ? 0 : input.amount
            }
        }
        return totals
    }

    private static func name(_ start: Int64, _ group: Int) -> String {
        var bytes: [UInt8] = []
        RFC3339.append(start, to: &bytes)
        return String(decoding: bytes, as: UTF8.self) + " " + groups[group]
    }

    private mutating func appendMore() {
        for partition in logs.indices {
            visible[partition] = min(logs[partition].count, visible[partition] + Int.random(in: 0...6, using: &random))
        }
    }

    @discardableResult
    private mutating func deliver(_ worker: Int) throws -> Bool {
        let unread = workers[worker].partitions.filter { (workers[worker].next[$0] ?? 0) < Int64(visible[Int($0)]) }
        guard let partition = unread.sorted().randomElement(using: &random) else { return false }
        let next = workers[worker].next[partition] ?? 0
        let end = min(Int64(visible[Int(partition)]), next + Int64.random(in: 1...8, using: &random))
        for offset in next..<end { try process(worker, Place(partition: partition, offset: offset)) }
        workers[worker].next[partition] = end
        try advance(worker, idle: 0)
        return true
    }

    private mutating func process(_ worker: Int, _ place: Place) throws {
        let input = logs[Int(place.partition)][Int(place.offset)]
        var value = #"{"t":\#(input.time),"v":\#(input.isBroken ? "\"x\"" : String(input.amount)),"g":"#.utf8.map { $0 }
        JSONWriter.appendString(Self.groups[input.group].utf8, to: &value)
        value.append(UInt8(ascii: "}"))
        let record = StageRecord(value: value, source: Self.source(place.partition), offset: place.offset)
        do {
            try workers[worker].process(record)
        } catch let error as StageError where error.code == .rejected {
            workers[worker].deadLetters.append(place)
            if error.name == "LateRecord" { workers[worker].late += 1 }
        }
    }

    private mutating func advance(_ worker: Int, idle: Int64) throws {
        let lagging = workers[worker].partitions.filter { (workers[worker].next[$0] ?? 0) < Int64(visible[Int($0)]) }
        let clock = StageClock(
            nowMilliseconds: 0, idleMilliseconds: isBacklog && !lagging.isEmpty ? 0 : idle,
            lagging: Set(lagging.map(Self.source)))
        try workers[worker].advance(clock)
    }

    /// Positions, results and dead letters become durable together.
    private mutating func commit(_ worker: Int) {
        for partition in workers[worker].partitions {
            committed[partition] = workers[worker].stage.position(
                of: Self.source(partition), next: workers[worker].next[partition] ?? 0)
        }
        for entry in workers[worker].output.entries { take(workers[worker].output.arena[entry.value ?? 0..<0]) }
        workers[worker].output.removeAll()
        for place in workers[worker].deadLetters where !deadLetters.insert(place).inserted { deadLettersTwice += 1 }
        workers[worker].deadLetters = []
        lateRecords += workers[worker].late
        workers[worker].late = 0
    }

    private mutating func take(_ json: ArraySlice<UInt8>) {
        let record = StageRecord(value: Array(json))
        var fields = RecordFields()
        func field(_ text: String) -> ExpressionValue {
            (try? Expression(parsing: SourceText(text)).evaluate(record, using: &fields)) ?? .null
        }
        let name = [field("window_start"), field("g")].map { String(decoding: $0.text ?? [], as: UTF8.self) }.joined(
            separator: " ")
        guard case .integer(let count) = field("count") else { return }
        results[name, default: Total()].count += count
        if case .integer(let sum) = field("sum") { results[name, default: Total()].sum += sum }
    }

    /// The worker forgets everything since its last commit and starts anew.
    private mutating func crash(_ worker: Int) throws {
        let partitions = workers[worker].partitions.sorted()
        workers[worker] = Worker(stage: AggregateStage(plan))
        for partition in partitions { try assign(partition, to: worker) }
    }

    private mutating func rebalance() throws {
        guard let partition = committed.keys.sorted().randomElement(using: &random) else { return }
        guard let owner = workers.firstIndex(where: { $0.partitions.contains(partition) }) else { return }
        if Bool.random(using: &random) { commit(owner) } else { try crash(owner) }
        workers[owner].stage.revoked([Self.source(partition)])
        workers[owner].partitions.remove(partition)
        workers[owner].next[partition] = nil
        try assign(partition, to: Int.random(in: 0...1, using: &random))
    }

    private mutating func assign(_ partition: Int32, to worker: Int) throws {
        guard let position = committed[partition] else { return }
        workers[worker].partitions.insert(partition)
        workers[worker].next[partition] = position.offset
        try workers[worker].stage.assigned([position])
    }
}
