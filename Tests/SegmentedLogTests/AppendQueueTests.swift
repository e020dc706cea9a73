import DiskSimulation
import Foundation
import Records
import Synchronization
import TestSupport
import Testing

@testable import SegmentedLog

/// Appends of callers that may not be held up, such as event loops.
@Suite("Appends that nobody is held up by", .timeLimit(.minutes(2)))
struct AppendQueueTests {
    private let folder: TemporaryFolder
    private let told = Told()

    init() throws { folder = try TemporaryFolder() }

    @Test("where the log is free, a batch is written by the call itself")
    func free() throws {
        let log = try openLog(folder.partition)
        for value in ["a", "b", "c"] { try append(value, to: log) }
        #expect(told.values == ["a", "b", "c"])
        #expect(told.offsets == [0, 1, 2])
        #expect(told.threads == [Told.thisThread])
        #expect(try log.values() == ["a", "b", "c"])
    }

    @Test("while others have the log, the call returns, and the batches come into it in their order")
    func taken() async throws {
        let log = try openLog(folder.partition)
        try log.state.withLock { _ in
            // By another thread: one must not try a mutex that it has itself.
            try onThread { for value in ["a", "b", "c"] { try append(value, to: log) } }
            #expect(told.values == [])
        }
        try append("d", to: log)
        try await eventually("all are told") { told.values.count == 4 }
        #expect(told.values == ["a", "b", "c", "d"])
        #expect(told.offsets == [0, 1, 2, 3])
        #expect(try log.values() == ["a", "b", "c", "d"])
    }

    @Test("a roll, and the sync that goes with it, are not done on the caller's thread")
    func roll() async throws {
        let values = (10..<30).map(String.init)
        let size = try makeBatch([values[0]]).sizeInBytes
        let log = try openLog(folder.partition, LogConfig(segmentBytes: size * 2), policy: .always)
        for value in values.prefix(2) { try append(value, to: log) }
        #expect(told.values == Array(values.prefix(2)))
        #expect(told.threads == [Told.thisThread])
        for value in values.dropFirst(2) { try append(value, to: log) }
        try await eventually("all are told") { told.values.count == 20 }
        #expect(told.values == values)
        #expect(told.offsets == Array(0..<20))
        #expect(told.threads.count > 1)
        #expect(log.state.withLock { $0.segments.count } == 10)
    }

    @Test("who was held up in the log writes nothing more for others: another thread does")
    func heldUp() async throws {
        let pause = Pause()
        let log = try slowLog(LogConfig()) { pause.reach() }
        pause.arm()
        let server = Mutex<UInt?>(nil)
        let isOver = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            server.withLock { $0 = Told.thisThread }
            try? append("first", to: log)
            isOver.signal()
        }
        pause.waitUntilReached()
        let large = String(repeating: "x", count: 600_000)
        try onThread { for number in 0..<8 { try append("\(number)" + large, to: log) } }
        #expect(told.values == [])
        // Longer than anybody may serve without waiting.
        usleep(20_000)
        pause.end()
        isOver.wait()
        try await eventually("all are told") { told.values.count == 9 }
        #expect(told.values.map { $0.prefix(1) } == ["f", "0", "1", "2", "3", "4", "5", "6", "7"])
        #expect(told.all.filter { $0.thread == server.withLock { $0 } }.map(\.value) == ["first"])
        #expect(told.threads.count == 2)
        #expect(log.endOffset == 9)
    }

    @Test("who has the log writes two MiB for others and lets it go")
    func large() async throws {
        let log = try openLog(folder.partition)
        let large = String(repeating: "x", count: 600_000)
        try log.state.withLock { _ in try onThread { for _ in 0..<8 { try append(large, to: log) } } }
        try await eventually("all are told") { told.values.count == 8 }
        #expect(told.all[0].endOffset <= 4)
        #expect(told.all[7].endOffset == 8)
    }

    @Test("who has the log lets it go where writing takes long")
    func slow() async throws {
        let log = try slowLog(LogConfig()) { usleep(3000) }
        try log.state.withLock { _ in try onThread { for value in ["a", "b", "c"] { try append(value, to: log) } } }
        try await eventually("all are told") { told.values.count == 3 }
        #expect(told.all.map(\.endOffset) == [1, 2, 3])
    }

    @Test("a batch that could not be written without waiting keeps its place before those that came meanwhile")
    func place() async throws {
        let pause = Pause()
        let size = try makeBatch(["a"]).sizeInBytes
        let log = try slowLog(LogConfig(segmentBytes: size)) { pause.reach() }
        try append("a", to: log)
        pause.arm()
        // This one needs a roll.
        Thread.detachNewThread { try? append("b", to: log) }
        pause.waitUntilReached()
        try onThread { try append("c", to: log) }
        pause.end()
        try await eventually("all are told") { told.values.count == 3 }
        #expect(told.values == ["a", "b", "c"])
        #expect(try log.values() == ["a", "b", "c"])
    }

    @Test("of many at once each is told once, and those of one thread keep their order")
    func crowd() async throws {
        let (threads, batches) = (6, 300)
        let size = try makeBatch(["0 000"]).sizeInBytes
        let log = try openLog(folder.partition, LogConfig(segmentBytes: size * 40))
        let isOver = DispatchGroup()
        for thread in 0..<threads {
            isOver.enter()
            Thread.detachNewThread {
                for number in 0..<batches {
                    let value = "\(thread) \(number)"
                    do {
                        try append(value, to: log)
                        if number % 7 == 0 { _ = try log.append(makeBatch(["between"])) }
                    } catch {
                        Issue.record("\(error)")
                    }
                }
                isOver.leave()
            }
        }
        await withCheckedContinuation { done in isOver.notify(queue: .global()) { done.resume() } }
        try await eventually("all are told") { told.values.count >= threads * batches }
        let values = try log.values().compactMap(\.self)
        #expect(values.filter { $0 != "between" }.count == threads * batches)
        for told in told.all { #expect(try values[Int(told.result.get().baseOffset)] == told.value) }
        for thread in 0..<threads {
            #expect(values.filter { $0.hasPrefix("\(thread) ") } == (0..<batches).map { "\(thread) \($0)" })
        }
    }

    @Test("on a full disk the caller syncs nothing that was cut off, and batches are taken again once there is room")
    func fullDisk() async throws {
        let disk = SimulatedDisk(seed: 1)
        let log = try openLog(folder.partition, disk: disk)
        try append("x", to: log)
        disk.limit(toBytes: disk.usedBytes + 10)
        try append("y", to: log)
        try await eventually("the second is told") { told.values.count == 2 }
        #expect(logError { _ = try told.all[1].result.get() }?.code == .diskFull)
        #expect(told.threads.count == 2)
        #expect(!log.isReadOnly)
        disk.limit(toBytes: nil)
        try append("z", to: log)
        try await eventually("the third is told") { told.values.count == 3 }
        #expect(told.all[2].thread != Told.thisThread)
        try append("!", to: log)
        try await eventually("the last is told") { told.values.count == 4 }
        #expect(try log.values() == ["x", "z", "!"])
    }

    @Test("what is queued when the log is closed is told so")
    func closed() async throws {
        let log = try openLog(folder.partition)
        try log.state.withLock { state in
            try onThread { for value in ["a", "b"] { try append(value, to: log) } }
            state.phase = .closed
        }
        try await eventually("both are told") { told.values.count == 2 }
        for told in told.all { #expect(logError { _ = try told.result.get() }?.code == .closed) }
    }

    @Test("what is refused is told as what is taken, and keeps nothing out")
    func refused() throws {
        let log = try openLog(folder.partition, LogConfig(maxBatchBytes: 100))
        try append(String(repeating: "x", count: 200), to: log)
        try append("a", to: log)
        #expect(logError { _ = try told.all[0].result.get() }?.code == .batchTooLarge)
        #expect(told.offsets == [0])
        try log.close()
        try append("b", to: log)
        #expect(logError { _ = try told.all[2].result.get() }?.code == .closed)
    }

    /// A log that calls `pause` in each append, when it has the mutex.
    private func slowLog(_ config: LogConfig, _ pause: @escaping @Sendable () -> Void) throws -> PartitionLog {
        try PartitionLog.open(
            directory: folder.partition, topicPartition: TopicPartition(topic: "hits", partition: 0), config: config,
            disk: FileDisk(), gate: FlushGate(policy: .os), cleanShutdown: false,
            clock: {
                pause()
                return 1
            })
    }

    private func append(_ value: String, to log: PartitionLog) throws {
        log.append(try makeBatch([value])) { [told] in told.add(value, $0, endOffset: log.endOffset) }
    }

    /// Runs `body` on a thread of its own and returns when it has.
    private func onThread(_ body: @escaping @Sendable () throws -> Void) throws {
        let failure = Mutex<(any Error)?>(nil)
        let isOver = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            do { try body() } catch { failure.withLock { $0 = error } }
            isOver.signal()
        }
        isOver.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}

/// A place where one thread is kept.
private final class Pause: Sendable {
    private let isArmed = Atomic(false)
    private let isReached = DispatchSemaphore(value: 0)
    private let isOver = DispatchSemaphore(value: 0)

    func arm() { isArmed.store(true, ordering: .releasing) }
    func waitUntilReached() { isReached.wait() }
    func end() { isOver.signal() }

    /// Keeps the first that comes after `arm`.
    func reach() {
        guard isArmed.exchange(false, ordering: .acquiringAndReleasing) else { return }
        isReached.signal()
        isOver.wait()
    }
}

/// What callers were told, in that order.
private final class Told: Sendable {
    struct Entry: Sendable {
        let value: String
        let result: Result<AppendResult, LogError>
        /// Where the log ended then.
        let endOffset: Int64
        let thread: UInt
    }

    private let entries = Mutex<[Entry]>([])

    static var thisThread: UInt { pthread_self() }

    func add(_ value: String, _ result: Result<AppendResult, LogError>, endOffset: Int64) {
        let entry = Entry(value: value, result: result, endOffset: endOffset, thread: Self.thisThread)
        entries.withLock { $0.append(entry) }
    }

    var all: [Entry] { entries.withLock { $0 } }
    var values: [String] { all.map(\.value) }
    /// Of those that were taken.
    var offsets: [Int64] { all.compactMap { try? $0.result.get().baseOffset } }
    var threads: Set<UInt> { Set(all.map(\.thread)) }
}
