import BinderKit
import Compression
import Records

/// Runs one worker's stage over deliveries, record by record, without ever waiting: where something has to be awaited it returns what, and is
/// called again afterwards.
///
/// A failing record is tried again and then becomes a dead letter, alone; what it had emitted is taken back.
///
/// A value, so that its owner's one access per call is all that is checked: as a class it cost a tenth of the time in exclusivity checks.
struct DeliveryProcessor {
    /// What has to be done before `step` is called again.
    enum Step {
        /// Nothing: every record of the slice was handled.
        case done
        /// Batches are full and can be sent.
        case send
        /// The record at hand failed and is tried again after this pause.
        case pause(Duration, StageFault)
        /// A stage named a topic that is not known yet.
        case provision(String)
    }

    /// A record that the binder cannot take what follows from, such as a value over its size limit.
    struct Refusal {
        let offset: Int64
        let reason: BinderError
        /// Whether the record's dead letter was refused as well: it is then logged and passed over.
        var includesLetter: Bool
    }

    /// A part of a delivery, usually all of it.
    struct Slice {
        var delivery: Delivery
        /// The first offset to process.
        var from: Int64
        /// How many records at most.
        var recordsMax: Int
        var refusal: Refusal?
    }

    private static let noRecord = StageRecord(value: nil)

    /// The worker's stage. Its owner keeps a copy from before a slice, to go back to where the slice cannot be committed.
    var stage: any Stage
    /// The batches that are being built.
    private(set) var outlets: OutletSet
    /// What the slice at hand has done so far.
    private(set) var tally = StageMonitor.Tally()
    /// What went wrong for good in the slice at hand.
    private(set) var faults: [StageFault] = []
    /// How many records the slice at hand has had.
    private(set) var recordCount = 0
    /// The offset of the latest record, or of a batch that cannot be decoded.
    private(set) var lastOffset: Int64 = 0
    /// The position after the slice at hand, once it is done.
    private(set) var nextOffset: Int64 = 0

    private let plan: StagePlan
    private let retry: RetryPolicy
    private let topics: Topics
    private let decompressor = Decompressor()
    private var output = StageOutput()
    private var nowMilliseconds: Int64 = 0

    private var slice: Slice?
    /// The slice's parts that are asked for at every record.
    private var batches: [RecordBatch] = []
    private var source = TopicPartition(topic: "", partition: 0)
    private var from: Int64 = 0
    private var deliveryEnd: Int64 = 0
    private var recordsMax = 0
    private var refusedOffset: Int64?
    private var batchIndex = 0
    /// The batch at hand until its first record is reached.
    private var opened: DecodedRecords?
    private var iterator: DecodedRecords.Iterator?
    /// The results of the batch at hand where the stage takes whole batches; the records in it are counted by `recordIndex`.
    private var prepared: [Result<[Message], any Error>] = []
    private var recordIndex = -1
    private var timestampType = TimestampType.createTime
    /// The record at hand; it moves from one of the batch to the next.
    private var current = noRecord
    /// Whether the record at hand has to be tried once more, after something was awaited.
    private var isPending = false
    private var attempts = 0
    private var isProcessed = false

    init(_ plan: StagePlan, stage: any Stage, topics: Topics, turn: Int) {
        self.plan = plan
        self.stage = stage
        self.topics = topics
        retry = RetryPolicy(plan.consumer)
        outlets = OutletSet(plan, topics: topics, turn: turn)
    }

    /// Begins a slice; what an earlier one left behind must have been taken or discarded.
    mutating func begin(_ slice: Slice, nowMilliseconds: Int64) {
        self.slice = slice
        batches = slice.delivery.batches
        source = slice.delivery.source
        from = slice.from
        deliveryEnd = slice.delivery.nextOffset
        recordsMax = slice.recordsMax
        refusedOffset = slice.refusal?.offset
        self.nowMilliseconds = nowMilliseconds
        forgetPlace()
        tally = StageMonitor.Tally()
        faults.removeAll()
        recordCount = 0
        nextOffset = slice.from
    }

    /// Gives up the slice: nothing of it is sent or counted.
    mutating func discard() {
        output.removeAll()
        outlets.discard()
        forgetSlice()
    }

    /// Goes on with the slice until it is done or something has to be awaited.
    /// - Throws: `RecordsError` where a batch cannot be built.
    mutating func step() throws -> Step {
        // A variable of its own while it is worked on: as a part of `self` each call would count its references.
        var record = current
        defer { current = record }
        while try isPending || moveToNext(&record) {
            isPending = true
            if let step = try attempt(record) { return step }
            isPending = false
            if !outlets.ready.isEmpty { return .send }
        }
        // They hold the delivery's memory.
        record = Self.noRecord
        forgetSlice()
        return .done
    }

    /// Lets the stage look at the clock, and takes what it emits.
    /// - Throws: what `advance` throws, or `OutletSet.UnknownTopic`: the call is then to be repeated once the topic is known.
    mutating func advance(_ clock: StageClock) throws {
        if output.count == 0 {
            output.inherit(from: clock)
            try stage.advance(clock, into: &output)
        }
        guard output.count > 0 else { return }
        let emitted = output.count
        let origin = StageRecord(
            value: nil, timestamp: clock.nowMilliseconds,
            source: TopicPartition(topic: plan.input.destinations.first ?? plan.name, partition: 0), offset: -1)
        do {
            try outlets.take(&output, derivedFrom: origin)
            tally.recordsOut += emitted
        } catch let error as StageError {
            try giveUpEmitted(origin, error)
        }
    }

    /// Makes a topic that a stage named known, with the partitions it has.
    mutating func addTopic(_ name: String, partitionCount: Int32) {
        outlets.addTopic(name, partitionCount: partitionCount)
    }

    /// Keeps why a topic that a stage named cannot be made: records for it are rejected from now on.
    mutating func refuseTopic(_ name: String, reason: String) {
        outlets.refuseTopic(name, reason: reason)
    }

    /// Hands over the batches that are full; with `closing` all there are, and the next delivery's turn begins.
    /// - Throws: where a batch cannot be built.
    mutating func takeReady(closing: Bool) throws(RecordsError) -> [ReadyBatch] {
        try outlets.takeReady(closing: closing)
    }

    /// Begins a commit that no delivery leads to.
    mutating func beginIdle(nowMilliseconds: Int64) {
        self.nowMilliseconds = nowMilliseconds
        tally = StageMonitor.Tally()
        faults.removeAll()
    }

    private mutating func forgetSlice() {
        forgetPlace()
        batches = []
        slice = nil
    }

    private mutating func forgetPlace() {
        batchIndex = 0
        iterator = nil
        opened = nil
        prepared = []
        current = Self.noRecord
        isPending = false
    }

    /// Tries the record once; nil when it has been handled, one way or the other.
    private mutating func attempt(_ record: StageRecord) throws -> Step? {
        if !isProcessed {
            do {
                try process(record)
                isProcessed = true
            } catch {
                return try failed(record, error)
            }
        }
        let emitted = output.count
        do {
            try outlets.take(&output, derivedFrom: record)
        } catch let unknown as OutletSet.UnknownTopic {
            return .provision(unknown.name)
        } catch let error as StageError {
            return try failed(record, error)
        }
        tally.recordsIn += 1
        tally.recordsOut += emitted
        return nil
    }

    private mutating func process(_ record: StageRecord) throws {
        if record.offset == refusedOffset, let refusal = slice?.refusal {
            throw StageError(.rejected, refusal.reason.description, name: "RefusedByBinder")
        }
        output.inherit(from: record)
        if attempts == 1, recordIndex < prepared.count {
            try output.emit(prepared[recordIndex].get(), derivedFrom: record)
        } else {
            try stage.process(record, into: &output)
        }
    }

    /// Decides what becomes of a record that has failed: another attempt, or a dead letter.
    private mutating func failed(_ record: StageRecord, _ error: any Error) throws(RecordsError) -> Step? {
        output.removeAll()
        if let pause = retry.pause(after: attempts, failingWith: error) {
            attempts += 1
            isProcessed = false
            return .pause(pause, fault(error, record.source, record.offset))
        }
        tally.recordsIn += 1
        try giveUp(record, error)
        return nil
    }

    /// Moves to the slice's next record; false at its end.
    private mutating func moveToNext(_ record: inout StageRecord) throws(RecordsError) -> Bool {
        while recordCount < recordsMax {
            if let view = iterator?.next() {
                guard view.offset >= from, view.offset < deliveryEnd else { continue }
                attempts = 1
                isProcessed = false
                recordCount += 1
                recordIndex += 1
                lastOffset = view.offset
                nextOffset = view.offset + 1
                if let batch = opened {
                    record = StageRecord(view, of: batch, from: source)
                    opened = nil
                } else {
                    record.move(to: view)
                }
                return true
            }
            guard batchIndex < batches.count else {
                nextOffset = deliveryEnd
                return false
            }
            batchIndex += 1
            guard batches[batchIndex - 1].nextOffset > from else { continue }
            try open(batches[batchIndex - 1])
        }
        return false
    }

    private mutating func open(_ batch: RecordBatch) throws(RecordsError) {
        timestampType = batch.header.timestampType
        prepared = []
        recordIndex = -1
        do throws(RecordsError) {
            let records = try batch.records(using: decompressor)
            opened = records
            iterator = records.makeIterator()
            prepare(records)
        } catch {
            opened = nil
            iterator = nil
            recordCount += 1
            lastOffset = batch.baseOffset
            nextOffset = batch.nextOffset
            tally.recordsIn += batch.recordCount
            try letter(
                value: batch.encoded(), timestamp: batch.maxTimestamp, source: source, offset: batch.baseOffset,
                error: StageError(
                    .rejected, "the batch of \(batch.recordCount) records cannot be decoded: \(error)",
                    name: "UndecodableBatch"))
        }
    }

    /// Lets a stage that takes whole batches handle this one. Where it throws, its records are handled one by one, so that the one at fault is found.
    private mutating func prepare(_ records: DecodedRecords) {
        guard plan.consumer.batchMode, let stage = stage as? any BatchStage else { return }
        var handled: [StageRecord] = []
        for view in records where view.offset >= from && view.offset < deliveryEnd {
            guard handled.count < recordsMax - recordCount else { break }
            handled.append(StageRecord(view, of: records, from: source))
        }
        guard let results = try? stage.process(handled), results.count == handled.count else { return }
        prepared = results
    }

    /// Makes a dead letter of a record that failed for good, unless it is one the stage has had before: then its letter was sent before, too.
    private mutating func giveUp(_ record: StageRecord, _ error: any Error) throws(RecordsError) {
        // A stage's passing failure, such as a full table, may be new; the others had their letter the first time.
        if (error as? StageError)?.code != .failed, let rewinding = stage as? any RewindingStage,
            rewinding.wasSeen(record.source, offset: record.offset)
        {
            return
        }
        try letter(
            key: record.key.map { Array($0) }, value: record.value.map { Array($0) }, timestamp: record.timestamp,
            headers: record.headers, source: record.source, offset: record.offset, error: error)
    }

    /// Makes dead letters of what `advance` emitted and cannot be sent where it was to go.
    private mutating func giveUpEmitted(_ origin: StageRecord, _ error: StageError) throws(RecordsError) {
        for entry in output.entries {
            let record = output.record(entry, derivedFrom: origin)
            try letter(
                key: record.key.map { Array($0) }, value: record.value.map { Array($0) }, timestamp: record.timestamp,
                headers: record.headers, source: record.source, offset: record.offset, error: error)
        }
        output.removeAll()
    }

    private mutating func letter(
        key: [UInt8]? = nil, value: [UInt8]?, timestamp: Int64, headers: [RecordHeader] = [], source: TopicPartition,
        offset: Int64, error: any Error
    ) throws(RecordsError) {
        faults.append(fault(error, source, offset))
        let isRefused = slice?.refusal.map { $0.includesLetter && $0.offset == offset } ?? false
        guard plan.consumer.enableDlq, !isRefused else {
            tally.passedOver += 1
            return
        }
        let place = plan.deadLetters(of: source.topic)
        let sourceCount = topics.partitionCount(of: TopicPlace(binder: plan.inputBinder, topic: source.topic)) ?? 1
        try outlets.takeDeadLetter(
            to: place, partitionCount: topics.partitionCount(of: place) ?? sourceCount, partition: source.partition,
            key: key, value: value, timestamp: nowMilliseconds,
            headers: DeadLetter.headers(
                original: headers, source: source, offset: offset, timestamp: timestamp, timestampType: timestampType,
                error: error))
        tally.deadLetters += 1
    }

    private func fault(_ error: any Error, _ source: TopicPartition, _ offset: Int64) -> StageFault {
        StageFault(message: String(describing: error), source: source, offset: offset, time: nowMilliseconds)
    }
}
