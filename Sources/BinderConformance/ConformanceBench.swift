import BinderKit
import Records

/// What the checks have in common: topics of their own, and records that are easy to compare.
struct ConformanceBench: Sendable {
    /// How long a check waits for what must come, on the slowest machine.
    static let patience = Duration.seconds(60)
    /// How long it waits for what must not come.
    static let quiet = Duration.milliseconds(50)

    /// A record as it was sent or read.
    struct Item: Hashable, Sendable {
        var partition: Int32
        var offset: Int64
        var key: [UInt8]?
        var value: [UInt8]?
        var timestamp: Int64
        var headers: [RecordHeader]

        var text: String { String(decoding: value ?? [], as: UTF8.self) }
    }

    let binder: any Binder
    let prefix: String

    func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws(ConformanceFailure) {
        if !condition { throw ConformanceFailure(message: message()) }
    }

    /// Makes a topic that no other check uses.
    func topic(_ name: String, partitions: Int32 = 1) async throws -> String {
        let full = "\(prefix).\(name)"
        let count = try await binder.provision(TopicSpecification(name: full, partitions: partitions))
        try expect(count >= partitions, "\(full) was to have \(partitions) partitions, and has \(count)")
        return full
    }

    func join(
        _ topics: String..., group: String?, start: InputBinding.Start = .earliest, deliveryBytesMax: Int = 1 << 20
    ) async throws -> any InputChannel {
        try await binder.bind(
            InputBinding(
                name: "check-in-0", topics: topics, group: group.map { "\(prefix).\($0)" }, start: start,
                deliveryBytesMax: deliveryBytesMax))
    }

    func output(_ topic: String) async throws -> any OutputChannel {
        try await binder.bind(OutputBinding(name: "check-out-0", topic: topic))
    }

    /// A batch of these values.
    static func batch(_ values: [String]) throws -> RecordBatch {
        var builder = RecordBatchBuilder()
        for value in values {
            builder.append(keyBytes: nil, valueBytes: Array(value.utf8), timestamp: 1_700_000_000_000)
        }
        return try builder.build()
    }

    func send(_ values: [String], to topic: String, partition: Int32 = 0) async throws {
        let output = try await output(topic)
        try await output.send(try Self.batch(values), partition: partition)
        await output.close()
    }

    /// The records of a delivery from its first offset on.
    static func items(_ delivery: Delivery) throws -> [Item] {
        try delivery.batches.flatMap { batch in
            let records = try batch.records()
            return records.filter { $0.offset >= delivery.startOffset }.map { record in
                Item(
                    partition: delivery.source.partition, offset: record.offset,
                    key: record.key.map { Array(records.bytes($0)) },
                    value: record.value.map { Array(records.bytes($0)) }, timestamp: record.timestamp,
                    headers: records.headers(of: record))
            }
        }
    }

    /// The next event that is not `.idle`.
    func event(_ channel: any InputChannel) async throws -> InputEvent {
        let clock = ContinuousClock()
        let deadline = clock.now + Self.patience
        while clock.now < deadline {
            guard let event = try await channel.next(waitingUpTo: .milliseconds(100)) else {
                throw ConformanceFailure(message: "the channel ended")
            }
            if case .idle = event { continue }
            return event
        }
        throw ConformanceFailure(message: "nothing came within \(Self.patience)")
    }

    /// The next delivery; assignments before it are passed over.
    func delivery(_ channel: any InputChannel) async throws -> Delivery {
        while true {
            if case .delivery(let delivery) = try await event(channel) { return delivery }
        }
    }

    /// Reads on until there are so many records; every record more that comes at once is returned as well.
    func read(_ count: Int, from channel: any InputChannel) async throws -> [Item] {
        var items: [Item] = []
        while items.count < count {
            items += try Self.items(try await delivery(channel))
        }
        return items
    }

    /// Reads until nothing more comes: for what must not be there.
    func drain(_ channel: any InputChannel) async throws -> [Item] {
        var items: [Item] = []
        while let event = try await channel.next(waitingUpTo: Self.quiet) {
            switch event {
            case .delivery(let delivery): items += try Self.items(delivery)
            case .assigned, .revoked: continue
            case .idle: return items
            }
        }
        return items
    }

    /// The next assignment.
    func assignment(_ channel: any InputChannel) async throws -> [InputPosition] {
        while true {
            if case .assigned(let positions) = try await event(channel) { return positions }
        }
    }

    /// Expects a binder's error of that kind.
    func expectError(
        _ code: BinderError.Code, _ what: String, _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as BinderError {
            try expect(error.code == code, "\(what) was to throw .\(code), and threw .\(error.code): \(error)")
            return
        }
        throw ConformanceFailure(message: "\(what) was to throw .\(code), and threw nothing")
    }
}
