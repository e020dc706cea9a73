import Records
import Settings

@testable import Streams

/// Runs one stage over records, as an application does.
struct StageRunner {
    var stage: any Stage
    var output = StageOutput()

    init(_ kind: StageSettings.Kind, console: @escaping @Sendable ([UInt8]) -> Void = { _ in }) throws {
        stage = try StageCatalog(console: console).make(StageSettings(name: "stage", kind: kind))()
    }

    /// What the stage emits for one record, as text; a throw takes it back.
    mutating func process(_ record: StageRecord) throws -> [String] {
        output.inherit(from: record)
        do {
            try stage.process(record, into: &output)
        } catch {
            output.removeAll()
            throw error
        }
        return take()
    }

    mutating func process(_ value: String) throws -> [String] { try process(StageRecord(value: Array(value.utf8))) }

    mutating func advance(_ clock: StageClock) throws -> [String] {
        output.inherit(from: clock)
        try stage.advance(clock, into: &output)
        return take()
    }

    private mutating func take() -> [String] {
        defer { output.removeAll() }
        return output.entries.map { entry in
            String(decoding: output.arena[entry.value ?? 0..<0], as: UTF8.self)
        }
    }
}
