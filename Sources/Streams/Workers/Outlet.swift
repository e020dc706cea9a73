import BinderKit
import Compression
import Records

/// How batches for one topic are made: what the output binding's producer settings say.
struct OutletPlan: Sendable {
    /// Where the topic is.
    let topic: TopicPlace
    /// The expression that chooses the partition; nil spreads deliveries over all partitions.
    let partitionKey: PartitionKey?
    let compression: CompressionType
    let compressionLevel: Int?
}

/// The batches one worker builds for one topic. Not to be copied: a copy would build the same batches.
struct Outlet {
    /// A batch is closed before it grows beyond this many bytes, uncompressed: well under the broker's usual limit of 1 MiB, and large enough
    /// to compress well. Only a record that is larger by itself makes a larger batch.
    private static let batchBytesMax = 512 << 10

    let plan: OutletPlan
    /// The partitions the topic really has.
    let partitionCount: Int32
    /// The partitions' builders, each made when it is first needed. Used where they lie: as objects of their own they were counted for every record, 3 % of a
    /// pipeline's time.
    private let builders: UnsafeMutableBufferPointer<RecordBatchBuilder?>
    private let memory: BuilderMemory
    private var open: [Int32] = []
    private var turn: Int32
    private var isTurnUsed = false

    /// - Parameter turn: where the round begins, so that workers do not all begin with the same partition.
    init(_ plan: OutletPlan, partitionCount: Int32, turn: Int) {
        self.plan = plan
        self.partitionCount = max(1, partitionCount)
        self.turn = Int32(truncatingIfNeeded: turn % Int(max(1, partitionCount)))
        memory = BuilderMemory(partitionCount: Int(max(1, partitionCount)))
        builders = memory.slots
    }

    /// Whether a record's partition follows from what is in it; otherwise it is whose turn it is.
    var isKeyed: Bool { plan.partitionKey != nil }

    /// The partition of all records of this delivery.
    mutating func takeTurn() -> Int32 {
        isTurnUsed = true
        return turn
    }

    /// The partition of a record by its key.
    /// - Throws: `StageError.rejected` where the record has no usable key or override.
    mutating func partition(of record: StageRecord, using fields: inout RecordFields) throws(StageError) -> Int32 {
        guard let key = plan.partitionKey else { return takeTurn() }
        return try key.partition(of: record, count: partitionCount, using: &fields)
    }

    /// Lets the next delivery go to the next partition, if this one had something for the topic.
    mutating func advanceTurn() {
        guard isTurnUsed else { return }
        isTurnUsed = false
        turn = (turn + 1) % partitionCount
    }

    /// Adds a record whose key, value and encoded headers lie in `bytes`; a batch that is full by it is handed to `ready`.
    mutating func append(
        _ entry: StageOutput.Entry, in bytes: UnsafeRawBufferPointer, partition: Int32, ready: inout [ReadyBatch]
    ) throws(RecordsError) {
        let size = (entry.key?.count ?? 0) + (entry.value?.count ?? 0) + entry.headers.count
        try makeRoom(partition, for: size, ready: &ready)
        func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
        builders[Int(partition)]?.append(
            key: entry.key.map(part), value: entry.value.map(part), timestamp: entry.timestamp,
            encodedHeaders: part(entry.headers), headerCount: entry.headerCount)
    }

    /// Adds a record of its own bytes.
    mutating func append(
        key: [UInt8]?, value: [UInt8]?, timestamp: Int64, headers: [RecordHeader], partition: Int32,
        ready: inout [ReadyBatch]
    ) throws(RecordsError) {
        let size = headers.reduce((key?.count ?? 0) + (value?.count ?? 0)) {
            $0 + $1.name.utf8.count + ($1.value?.count ?? 0)
        }
        try makeRoom(partition, for: size, ready: &ready)
        builders[Int(partition)]?.append(keyBytes: key, valueBytes: value, timestamp: timestamp, headers: headers)
    }

    /// Closes the batches that have records.
    mutating func close(into ready: inout [ReadyBatch]) throws(RecordsError) {
        for partition in open { try close(partition, into: &ready) }
        // Not where a batch cannot be built: `discard` has to find the others.
        open.removeAll(keepingCapacity: true)
    }

    /// Forgets what has been added since the last batch of each partition.
    mutating func discard() {
        for partition in open { builders[Int(partition)] = nil }
        open.removeAll(keepingCapacity: true)
    }

    /// Sees to the partition's builder: there is one, and if the next record of about `size` bytes would make its batch too large, that is closed first.
    @inline(__always)
    private mutating func makeRoom(
        _ partition: Int32, for size: Int, ready: inout [ReadyBatch]
    ) throws(RecordsError) {
        precondition(builders.indices.contains(Int(partition)), "the topic has no partition \(partition)")
        let used = builders[Int(partition)]?.uncompressedBytes ?? 0
        if used == 0 {
            begin(partition)
        } else if used + size > Self.batchBytesMax {
            try close(partition, into: &ready)
        }
    }

    private mutating func begin(_ partition: Int32) {
        if builders[Int(partition)] == nil {
            builders[Int(partition)] = RecordBatchBuilder(compression: plan.compression, level: plan.compressionLevel)
        }
        open.append(partition)
    }

    private func close(_ partition: Int32, into ready: inout [ReadyBatch]) throws(RecordsError) {
        guard let batch = try builders[Int(partition)]?.build() else { return }
        ready.append(ReadyBatch(outlet: plan, partition: partition, batch: batch))
    }
}

/// The memory of one outlet's builders, freed with it: no array takes what cannot be copied. Only the outlet's owner's task uses it.
private final class BuilderMemory {
    let slots: UnsafeMutableBufferPointer<RecordBatchBuilder?>

    init(partitionCount: Int) {
        slots = .allocate(capacity: partitionCount)
        for index in 0..<partitionCount { slots.initializeElement(at: index, to: nil) }
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }
}

/// A closed batch and where it goes.
struct ReadyBatch {
    let outlet: OutletPlan
    let partition: Int32
    let batch: RecordBatch
}
