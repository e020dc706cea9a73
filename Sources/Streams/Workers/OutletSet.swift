import BinderKit
import Records

/// All topics one worker sends to: its output bindings, the topics its stage names, and the dead letters.
struct OutletSet {
    /// A stage named a topic that has to be made first.
    struct UnknownTopic: Error {
        let name: String
    }

    /// What is ready to be sent, in the order it was closed.
    private(set) var ready: [ReadyBatch] = []

    private let plan: StagePlan
    private let turn: Int
    private var outlets: [Outlet] = []
    /// The outlets of topics, of the stage's outputs and of the topics that it named, by their places in `outlets`.
    private var places: [TopicPlace: Int] = [:]
    private var outputs: [Int?] = []
    private var named: [String: Int] = [:]
    private var refused: [String: String] = [:]
    private var fields = RecordFields()
    /// Where the entries of the record at hand go; filled before any is appended, so that one that cannot be placed takes its siblings back.
    private var targets: [Target] = []

    private struct Target {
        let outlet: Int
        let partition: Int32
    }

    init(_ plan: StagePlan, topics: Topics, turn: Int) {
        self.plan = plan
        self.turn = turn
        for output in plan.outputs {
            outputs.append(output.map { outlet($0, partitionCount: topics.partitionCount(of: $0.topic) ?? 1) })
        }
    }

    /// Takes what `output` holds into the batches. Nothing is taken where one of the entries cannot be placed.
    /// - Throws: `UnknownTopic`; `StageError.rejected` for an entry without an output or a usable partition key; `RecordsError`.
    mutating func take(_ output: inout StageOutput, derivedFrom origin: StageRecord) throws {
        guard output.count > 0 else { return }
        while targets.popLast() != nil {}
        for index in 0..<output.count {
            targets.append(try target(output.entries[index], in: output, derivedFrom: origin))
        }
        try output.arena.withUnsafeBytes { bytes in
            for index in 0..<output.count {
                let target = targets[index]
                try outlets[target.outlet].append(
                    output.entries[index], in: bytes, partition: target.partition, ready: &ready)
            }
        }
        output.removeAll()
    }

    @inline(__always)
    private mutating func target(
        _ entry: StageOutput.Entry, in output: borrowing StageOutput, derivedFrom origin: StageRecord
    ) throws -> Target {
        let outlet: Int
        if entry.destination >= 0, entry.destination < outputs.count, let bound = outputs[entry.destination] {
            outlet = bound
        } else {
            outlet = try self.outlet(for: output.destination(of: entry))
        }
        guard outlets[outlet].isKeyed else { return Target(outlet: outlet, partition: outlets[outlet].takeTurn()) }
        return Target(
            outlet: outlet,
            partition: try outlets[outlet].partition(of: output.record(entry, derivedFrom: origin), using: &fields))
    }

    /// Adds a dead letter.
    mutating func takeDeadLetter(
        to place: TopicPlace, partitionCount: Int32, partition: Int32, key: [UInt8]?, value: [UInt8]?, timestamp: Int64,
        headers: [RecordHeader]
    ) throws(RecordsError) {
        let letters = outlet(plan.deadLetterOutlet(place), partitionCount: partitionCount)
        try outlets[letters].append(
            key: key, value: value, timestamp: timestamp, headers: headers,
            partition: DeadLetter.partition(of: partition, count: outlets[letters].partitionCount), ready: &ready)
    }

    /// Makes a topic that a stage named known, with the partitions it has.
    mutating func addTopic(_ name: String, partitionCount: Int32) {
        named[name] = outlet(plan.outlet(forTopic: name), partitionCount: partitionCount)
    }

    /// Keeps why a topic that a stage named cannot be made: records for it are rejected from now on.
    mutating func refuseTopic(_ name: String, reason: String) {
        refused[name] = reason
    }

    /// Hands over what is ready; with `closing` also what is in batches not yet full, and the next delivery goes to
    /// the next partition of every topic that is not partitioned by a key.
    mutating func takeReady(closing: Bool) throws(RecordsError) -> [ReadyBatch] {
        if closing {
            for index in outlets.indices {
                try outlets[index].close(into: &ready)
                outlets[index].advanceTurn()
            }
        }
        defer { ready = [] }
        return ready
    }

    /// Forgets everything not handed over.
    mutating func discard() {
        ready = []
        for index in outlets.indices { outlets[index].discard() }
    }

    /// Of a topic that the stage named, or none: the stage's outputs that are bound were looked for before.
    private func outlet(for destination: StageOutput.Destination) throws -> Int {
        switch destination {
        case .output(let index):
            throw StageError(
                .rejected,
                "stage '\(plan.name)' has no output binding: declare '\(plan.name)-out-\(index)' under stream.bindings",
                name: "NoOutputBinding")
        case .topic(let name):
            if let outlet = named[name] { return outlet }
            if let reason = refused[name] {
                throw StageError(.rejected, "topic '\(name)' cannot be made: \(reason)", name: "NoSuchTopic")
            }
            throw UnknownTopic(name: name)
        }
    }

    private mutating func outlet(_ outletPlan: OutletPlan, partitionCount: Int32) -> Int {
        if let index = places[outletPlan.topic] { return index }
        places[outletPlan.topic] = outlets.count
        outlets.append(Outlet(outletPlan, partitionCount: partitionCount, turn: turn))
        return outlets.count - 1
    }
}
