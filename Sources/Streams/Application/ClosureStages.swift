import Records

/// A stage that is a function from one message to any number of them.
struct ClosureStage: Stage {
    let body: @Sendable (Message) throws -> [Message]

    func process(_ record: StageRecord, into output: inout StageOutput) throws {
        output.emit(try body(Message(record)), derivedFrom: record)
    }
}

/// A stage that handles the records of a batch at once and answers for each of them.
protocol BatchStage: Stage {
    /// - Returns: one result per record, in their order.
    func process(_ records: [StageRecord]) throws -> [Result<[Message], any Error>]
}

/// A batch stage that is a function.
struct ClosureBatchStage: BatchStage {
    let body: @Sendable ([Message]) throws -> [Result<[Message], any Error>]

    func process(_ records: [StageRecord]) throws -> [Result<[Message], any Error>] {
        try body(records.map(Message.init))
    }

    func process(_ record: StageRecord, into output: inout StageOutput) throws {
        let results = try body([Message(record)])
        guard results.count == 1, let result = results.first else {
            throw StageError(.failed, "the stage returned \(results.count) results for 1 record", name: "ResultCount")
        }
        output.emit(try result.get(), derivedFrom: record)
    }
}

extension StageOutput {
    /// Emits what a closure returned for `record`, whose headers are added where a message has none of their name.
    mutating func emit(_ messages: [Message], derivedFrom record: StageRecord) {
        for message in messages {
            var headers = message.headers
            if record.headerCount > 0 {
                headers += record.headers.filter { inherited in !headers.contains { $0.name == inherited.name } }
            }
            let destination = message.destination.map(Destination.topic) ?? .output(0)
            if let value = message.value {
                emit(
                    value: value, key: message.key, headers: headers, timestamp: message.timestamp, to: destination)
            } else {
                emitTombstone(
                    key: message.key, headers: headers, timestamp: message.timestamp, to: destination)
            }
        }
    }
}
