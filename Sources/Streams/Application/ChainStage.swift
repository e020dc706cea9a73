import BinderKit
import Records

/// Stages composed with `|`: what one emits to its first output is the next one's input, in memory.
///
/// What a stage emits elsewhere leaves the chain as it is.
struct ChainStage: RewindingStage {
    private var first: any Stage
    /// The rest: one stage, or again a chain.
    private var rest: any Stage
    private var between = StageOutput()
    /// Found once: a dynamic cast for each record costs as much as a stage.
    private let firstRewinds: Bool
    private let restRewinds: Bool

    /// - Precondition: at least one stage follows the first.
    init(_ first: any Stage, _ rest: any Stage) {
        self.first = first
        self.rest = rest
        firstRewinds = Self.rewinds(first)
        restRewinds = Self.rewinds(rest)
    }

    private static func rewinds(_ stage: any Stage) -> Bool {
        (stage as? ChainStage).map { $0.firstRewinds || $0.restRewinds } ?? (stage is any RewindingStage)
    }

    /// The stages as one.
    static func compose(_ stages: [any Stage]) -> (any Stage)? {
        guard let last = stages.last else { return nil }
        return stages.dropLast().reversed().reduce(last) { rest, stage in ChainStage(stage, rest) }
    }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        between.removeAll()
        between.inherit(from: record)
        try first.process(record, into: &between)
        let wasSeen =
            restRewinds && (rest as? any RewindingStage)?.wasSeen(record.source, offset: record.offset) == true
        try passOn(derivedFrom: record, isRepeated: wasSeen, into: &output)
        between.removeAll()
    }

    mutating func advance(_ clock: StageClock, into output: inout StageOutput) throws {
        between.removeAll()
        between.inherit(from: clock)
        try first.advance(clock, into: &between)
        if between.count > 0 {
            let origin = StageRecord(value: nil, timestamp: clock.nowMilliseconds, offset: -1)
            try passOn(derivedFrom: origin, isRepeated: false, into: &output)
            between.removeAll()
        }
        output.inherit(from: clock)
        try rest.advance(clock, into: &output)
    }

    mutating func assigned(_ positions: [InputPosition]) throws {
        try first.assigned(positions)
        try rest.assigned(positions)
    }

    mutating func revoked(_ partitions: [TopicPartition]) {
        first.revoked(partitions)
        rest.revoked(partitions)
    }

    /// The earlier of the two: only one stage of a chain keeps windows, and its metadata are those of the earlier position.
    func position(of source: TopicPartition, next: Int64) -> InputPosition {
        let ours = first.position(of: source, next: next)
        let theirs = rest.position(of: source, next: next)
        if ours.offset == theirs.offset {
            return ours.metadata.isEmpty ? theirs : ours
        }
        return ours.offset < theirs.offset ? ours : theirs
    }

    func wasSeen(_ source: TopicPartition, offset: Int64) -> Bool {
        firstRewinds && (first as? any RewindingStage)?.wasSeen(source, offset: offset) == true
            || restRewinds && (rest as? any RewindingStage)?.wasSeen(source, offset: offset) == true
    }

    /// Hands what `between` holds to the rest of the chain. Of a repeated record only that is handed on which the rest knows how to pass over.
    private mutating func passOn(
        derivedFrom record: StageRecord, isRepeated: Bool, into output: inout StageOutput
    ) throws {
        // Where the second of several fails, the rest must not keep what the first has done to it.
        let before = between.count > 1 ? rest : nil
        do {
            for entry in between.entries {
                let emitted = between.record(entry, derivedFrom: record)
                let destination = between.destination(of: entry)
                if destination == .output(0) {
                    output.inherit(from: emitted)
                    try rest.process(emitted, into: &output)
                } else if !isRepeated {
                    output.forward(emitted, to: destination)
                }
            }
        } catch {
            if let before { rest = before }
            throw error
        }
    }
}
