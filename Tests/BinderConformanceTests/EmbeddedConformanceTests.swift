import BinderConformance
import BinderKit
import EmbeddedBinder
import Foundation
import Settings
import TestSupport
import Testing

@Suite("The embedded log keeps the contract of binders")
struct EmbeddedConformanceTests {
    @Test("on one machine", arguments: ConformanceCheck.all)
    func conformance(_ check: ConformanceCheck) async throws {
        let folder = try TemporaryFolder()
        let binder = try await EmbeddedLogBinder.open(directory: folder.path, settings: EmbeddedSettings(flush: .os))
        let concerned = try await check.run(on: binder)
        #expect(concerned, "the embedded log has every capability")
        try await binder.close()
    }

    @Test("a binder that breaks the contract is found out")
    func gate() async throws {
        let folder = try TemporaryFolder()
        let binder = try await EmbeddedLogBinder.open(directory: folder.path, settings: EmbeddedSettings(flush: .os))
        let forgetful = ForgetfulBinder(binder: binder)
        var broken: [String] = []
        for check in ConformanceCheck.all {
            do {
                try await check.run(on: forgetful)
            } catch {
                broken.append(check.name)
            }
        }
        #expect(broken.contains { $0.hasPrefix("a group continues from its committed positions") })
        try await binder.close()
    }
}

/// The embedded log, but what a group commits is forgotten.
private struct ForgetfulBinder: Binder {
    let binder: EmbeddedLogBinder

    var capabilities: BinderCapabilities { [] }

    func provision(_ topic: TopicSpecification) async throws(BinderError) -> Int32 { try await binder.provision(topic) }

    func bind(_ input: InputBinding) async throws(BinderError) -> any InputChannel {
        ForgetfulChannel(channel: try await binder.bind(input))
    }

    func bind(_ output: OutputBinding) async throws(BinderError) -> any OutputChannel { try await binder.bind(output) }

    func openTransactions(id: String) async throws(BinderError) -> any TransactionSession {
        throw BinderError(.unsupported, "no transactions")
    }
}

private struct ForgetfulChannel: InputChannel {
    let channel: any InputChannel

    func next(waitingUpTo limit: Duration) async throws(BinderError) -> InputEvent? {
        try await channel.next(waitingUpTo: limit)
    }

    func commit(_ positions: [InputPosition]) async throws(BinderError) {}

    func close() async { await channel.close() }
}
