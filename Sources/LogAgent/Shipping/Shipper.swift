import BinderKit
import Records

/// Builds and sends the batches of one input. Owned by one pipeline; awaits once per batch.
final class Shipper {
    /// State records go out in batches of about this many bytes.
    private static let stateBatchBytes = 512 << 10

    let framer: LineFramer
    private let route: OutputRoute
    private let keys: GenerationKey
    private let channel: any ShippingChannel
    private let partitions: Int32
    private var lines: RecordBatchBuilder
    private var deadLetters: RecordBatchBuilder
    private var nextPartition: Int32 = 0
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

    /// Appends whole lines of the window until the batch is full.
    func frame(
        _ window: UnsafeRawBufferPointer, from: Int, timestamp: Int64, now: ContinuousClock.Instant
    ) -> LineFramer.Framed {
        let framed = framer.frame(window, from: from, into: &lines, timestamp: timestamp)
        if framed.lines > 0 {
            if batchStartedAt == nil { batchStartedAt = now }
            transactionBytes += framed.end - from
        }
        return framed
    }

    /// Appends one line, in a batch of its own if it does not fit into the open one.
    nonisolated(nonsending) func append(
        line: [UInt8], timestamp: Int64, now: ContinuousClock.Instant
    ) async throws {
        if !framer.hasRoom(for: line.count, in: lines) { try await sendLines() }
        line.withUnsafeBytes { lines.append(key: nil, value: $0, timestamp: timestamp) }
        if batchStartedAt == nil { batchStartedAt = now }
        transactionBytes += line.count
    }

    nonisolated(nonsending) func append(_ letter: DeadLetter, timestamp: Int64) async throws {
        deadLetters.append(
            keyBytes: nil, valueBytes: letter.value, timestamp: timestamp, headers: letter.headers)
        if deadLetters.uncompressedBytes >= framer.batchBytesMax { try await sendDeadLetters() }
    }

    /// Closes the open batch and sends it to the next partition.
    nonisolated(nonsending) func sendLines() async throws {
        guard !lines.isEmpty else { return }
        let batch = try lines.build()
        batchStartedAt = nil
        let partition = TopicPartition(topic: route.topic, partition: nextPartition)
        nextPartition = (nextPartition + 1) % partitions
        try await channel.send(batch, to: partition)
    }

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
            if state.uncompressedBytes >= Self.stateBatchBytes {
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
