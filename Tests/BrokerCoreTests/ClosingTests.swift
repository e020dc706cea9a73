import Foundation
import Records
import Settings
import TestSupport
import Testing

@testable import BrokerCore

@Suite("Closing")
struct ClosingTests {
    /// Lets the first sync wait for a second one beside it.
    private final class Meeting: @unchecked Sendable {
        // The condition's lock is held wherever these are touched.
        private let condition = NSCondition()
        private var inside = 0
        private(set) var hasMet = false
        private var hasWaited = false

        func pass() {
            condition.lock()
            defer { condition.unlock() }
            inside += 1
            if inside > 1 {
                hasMet = true
                condition.broadcast()
            }
            let deadline = Date.now + 5
            while !hasMet, !hasWaited {
                if !condition.wait(until: deadline) { hasWaited = true }
            }
            inside -= 1
        }
    }

    @Test("the logs of many partitions are closed several at a time, and a start finds all that is in them")
    func severalAtATime() async throws {
        let folder = try TemporaryFolder()
        let disk = FaultyDisk()
        let broker = try await Broker.open(directory: folder.path, settings: EmbeddedSettings(flush: .os), disk: disk)
        _ = try await broker.ensureTopic("t", partitions: 16)
        for number in 0..<16 {
            _ = try await broker.append(batch(["\(number)"]), to: TopicPartition("t", Int32(number)))
        }
        let meeting = Meeting()
        disk.failSyncs { path in
            if path.hasSuffix(".log") { meeting.pass() }
            return nil
        }
        try await broker.close()
        #expect(meeting.hasMet)
        disk.failSyncs(nil)
        let next = try await Broker.open(directory: folder.path, disk: disk)
        for number in 0..<16 {
            #expect(try await next.committedTexts(TopicPartition("t", Int32(number))) == ["\(number)"])
        }
        try await next.close()
    }
}
