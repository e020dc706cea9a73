import BinderKit
import Records

/// Where a line begins.
struct LinePlace: Hashable {
    var generation: UInt64
    var offset: Int64
}

/// The log takes a batch of lines under no circumstances, such as one over its size limit.
struct RefusedBatch: Error {
    /// Where its first line begins.
    var first: LinePlace
    var records: Int
    var error: BinderError
}

/// Builds and sends the batches of one input. Owned by one pipeline; awaits once per batch.
final class Shipper {
    /// State records and dead letters go out in batches of about this many bytes.
    private static let sideBatchBytes = 512 << 10

    private(set) var framer: LineFramer
    private let route: OutputRoute
    private let keys: GenerationKey
    private let channel: any ShippingChannel
    private let partitions: Int32
    private var lines: RecordBatchBuilder
    private var deadLetters: RecordBatchBuilder
    private var nextPartition: Int32 = 0
    /// Where the first line of the open batch begins.
    private var batchPlace = LinePlace(generation: 0, offset: 0)
    /// When the first record of the open batch was appended.
    private(set) var batchStartedAt: ContinuousClock.Instant?
    /// The bytes of lines sent or built since the last commit.
    private(set) var transactionBytes = 0

    init(
        framer: LineFramer, route: OutputRoute, keys: GenerationKey, channel: any ShippingChannel, partitions: Int32
    ) {
        self.framer = framer
        self.route = route
        self.keys = keys
        self.channel = channel
        self.partitions = max(1, partitions)
        lines = RecordBatchBuilder(compression: route.compression, level: route.compressionLevel)
        deadLetters = RecordBatchBuilder(compression: route.compression, level: route.compressionLevel)
    }

    /// Appends whole lines of the window, the first of which begins at `place`, until the batch is full.
    func frame(
        _ window: UnsafeRawBufferPointer, from: Int, at place: LinePlace, timestamp: Int64,
        now: ContinuousClock.Instant
    ) -> LineFramer.Framed {
        if lines.isEmpty { batchPlace = place }
        let framed = framer.frame(window, from: from, into: &lines, timestamp: timestamp)
        if framed.lines > 0 {
            if batchStartedAt == nil { batchStartedAt = now }
            transactionBytes += framed.end - from
        }
        return framed
    }

    /// Appends one line, in a batch of its own if it does not fit into the open one.
    nonisolated(nonsending) func append(
        line: [UInt8], at place: LinePlace, timestamp: Int64, now: ContinuousClock.Instant
    ) async throws {
        if !framer.hasRoom(for: line.count, in: lines) { try await sendLines() }
        if lines.isEmpty { batchPlace = place }
        line.withUnsafeBytes { lines.append(key: nil, value: $0, timestamp: timestamp) }
        if batchStartedAt == nil { batchStartedAt = now }
        transactionBytes += line.count
    }

    nonisolated(nonsending) func append(_ letter: DeadLetter, timestamp: Int64) async throws {
        deadLetters.append(
            keyBytes: nil, valueBytes: letter.value, timestamp: timestamp, headers: letter.headers)
        if deadLetters.uncompressedBytes >= Self.sideBatchBytes { try await sendDeadLetters() }
    }

    /// Closes the open batch and sends it to the next partition.
    /// - Throws: `BinderError`, or `RefusedBatch` where trying again is of no use.
    nonisolated(nonsending) func sendLines() async throws {
        guard !lines.isEmpty else { return }
        let batch = try lines.build()
        batchStartedAt = nil
        let partition = TopicPartition(topic: route.topic, partition: nextPartition)
        nextPartition = (nextPartition + 1) % partitions
        do {
            try await channel.send(batch, to: partition)
        } catch  where error.code == .invalid {
            throw RefusedBatch(first: batchPlace, records: batch.recordCount, error: error)
        }
    }

    /// Lets batches have half as many bytes from now on.
    func halveBatches() { framer.batchBytesMax = max(1, framer.batchBytesMax / 2) }

    private nonisolated(nonsending) func sendDeadLetters() async throws {
        guard !deadLetters.isEmpty else { return }
        let batch = try deadLetters.build()
        try await channel.send(batch, to: TopicPartition(topic: route.deadLetterTopic, partition: 0))
    }

    /// Sends what is open, then the state behind it, and commits both.
    nonisolated(nonsending) func commit(
        places: [Generation], deleted: [UInt64], isFirst: Bool, timestamp: Int64
    ) async throws {
        try await sendLines()
        try await sendDeadLetters()
        var state = RecordBatchBuilder()
        if isFirst { state.append(keyBytes: keys.started, valueBytes: [], timestamp: timestamp) }
        for id in deleted { state.append(keyBytes: keys.bytes(of: id), valueBytes: nil, timestamp: timestamp) }
        for place in places {
            let record = GenerationRecord(place, updatedAt: timestamp)
            state.append(keyBytes: keys.bytes(of: place.id), valueBytes: record.encoded(), timestamp: timestamp)
            if state.uncompressedBytes >= Self.sideBatchBytes {
                try await channel.send(try state.build(), to: StateTopic.partition)
            }
        }
        if !state.isEmpty { try await channel.send(try state.build(), to: StateTopic.partition) }
        try await channel.commit()
        transactionBytes = 0
    }

    /// Gives up what was built and sent since the last commit.
    nonisolated(nonsending) func abort() async throws {
        lines = RecordBatchBuilder(compression: route.compression, level: route.compressionLevel)
        deadLetters = RecordBatchBuilder(compression: route.compression, level: route.compressionLevel)
        batchStartedAt = nil
        transactionBytes = 0
        try await channel.abort()
    }

    nonisolated(nonsending) func close() async { await channel.close() }
}
