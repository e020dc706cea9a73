import BinderKit
import EmbeddedBinder
import Records
import Settings
import Testing

@testable import Streams

@Suite("On a binder without transactions")
struct PlainBinderTests {
    @Test("outputs are sent first and positions committed after them, and a next run continues from there")
    func continues() async throws {
        try await Pipeline.with { pipeline in
            let settings = Pipeline.settings([
                Pipeline.input("copy", "in", maxAttempts: 1), Pipeline.output("copy", "out"),
            ])
            for values in [["a", "bad", "b"], ["c"]] {
                try await pipeline.send(values, to: "in")
                let app = try StreamApplication(
                    settings: settings, binders: ["embedded": PlainBinder(binder: pipeline.binder)])
                app.stage("copy") { message in
                    if message.text == "bad" { throw StageError(.rejected, "bad") }
                    return message
                }
                try await pipeline.runUntilIdle(app)
            }
            #expect(try await pipeline.texts("out") == ["a", "b", "c"])
            #expect(try await pipeline.texts("error.in.g") == ["bad"])
        }
    }
}

/// The embedded log as a binder that knows no transactions.
private struct PlainBinder: Binder {
    let binder: EmbeddedLogBinder

    var capabilities: BinderCapabilities { [] }

    func provision(_ topic: TopicSpecification) async throws(BinderError) -> Int32 { try await binder.provision(topic) }

    func bind(_ input: InputBinding) async throws(BinderError) -> any InputChannel { try await binder.bind(input) }

    func bind(_ output: OutputBinding) async throws(BinderError) -> any OutputChannel { try await binder.bind(output) }

    func openTransactions(id: String) async throws(BinderError) -> any TransactionSession {
        throw BinderError(.unsupported, "no transactions")
    }
}
