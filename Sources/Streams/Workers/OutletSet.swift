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
    private var outputs: [Outlet?]
    private var outlets: [TopicPlace: Outlet] = [:]
    private var named: [String: Outlet] = [:]
    private var refused: [String: String] = [:]
    private var fields = RecordFields()
    /// Where the entries of the record at hand go; filled before any is appended, so that one that cannot be placed takes its siblings back.
    private var places: [(outlet: Outlet, partition: Int32)] = []

    init(_ plan: StagePlan, topics: Topics, turn: Int) {
        self.plan = plan
        self.turn = turn
        outputs = []
        for output in plan.outputs {
            outputs.append(output.map { outlet($0, partitionCount: topics.partitionCount(of: $0.topic) ?? 1) })
        }
    }

    /// Takes what `output` holds into the batches. Nothing is taken where one of the entries cannot be placed.
    /// - Throws: `UnknownTopic`; `StageError.rejected` for an entry without an output or a usable partition key; `RecordsError`.
    mutating func take(_ output: inout StageOutput, derivedFrom origin: StageRecord) throws {
        guard let first = output.entries.first else { return }
        if output.count == 1 {
            let (outlet, partition) = try place(first, in: output, derivedFrom: origin)
            try outlet.append(first, in: output.arena, partition: partition, ready: &ready)
            output.removeAll()
            return
        }
        places.removeAll(keepingCapacity: true)
        for entry in output.entries {
            places.append(try place(entry, in: output, derivedFrom: origin))
        }
        for (index, entry) in output.entries.enumerated() {
            try places[index].outlet.append(
                entry, in: output.arena, partition: places[index].partition, ready: &ready)
        }
        output.removeAll()
    }

    private mutating func place(
        _ entry: StageOutput.Entry, in output: StageOutput, derivedFrom origin: StageRecord
    ) throws -> (outlet: Outlet, partition: Int32) {
        let outlet = try outlet(for: entry, in: output)
        return (outlet, try outlet.partition(of: output.record(entry, derivedFrom: origin), using: &fields))
    }

    /// Adds a dead letter.
    mutating func takeDeadLetter(
        to place: TopicPlace, partitionCount: Int32, partition: Int32, key: [UInt8]?, value: [UInt8]?, timestamp: Int64,
        headers: [RecordHeader]
    ) throws(RecordsError) {
        let letters = outlet(plan.deadLetterOutlet(place), partitionCount: partitionCount)
        try letters.append(
            key: key, value: value, timestamp: timestamp, headers: headers,
            partition: DeadLetter.partition(of: partition, count: letters.partitionCount), ready: &ready)
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
            for outlet in outlets.values {
                try outlet.close(into: &ready)
                outlet.advanceTurn()
            }
        }
        defer { ready = [] }
        return ready
    }

    /// Forgets everything not handed over.
    mutating func discard() {
        ready = []
        for outlet in outlets.values {
            outlet.discard()
        }
    }

    private func outlet(for entry: StageOutput.Entry, in output: StageOutput) throws -> Outlet {
        switch output.destination(of: entry) {
        case .output(let index):
            guard index < outputs.count, let outlet = outputs[index] else {
                throw StageError(
                    .rejected,
                    "stage '\(plan.name)' has no output binding: declare '\(plan.name)-out-\(index)' under stream.bindings",
                    name: "NoOutputBinding")
            }
            return outlet
        case .topic(let name):
            if let outlet = named[name] { return outlet }
            if let reason = refused[name] {
                throw StageError(.rejected, "topic '\(name)' cannot be made: \(reason)", name: "NoSuchTopic")
            }
            throw UnknownTopic(name: name)
        }
    }

    private mutating func outlet(_ outletPlan: OutletPlan, partitionCount: Int32) -> Outlet {
        if let outlet = outlets[outletPlan.topic] { return outlet }
        let outlet = Outlet(outletPlan, partitionCount: partitionCount, turn: turn)
        outlets[outletPlan.topic] = outlet
        return outlet
    }
}
