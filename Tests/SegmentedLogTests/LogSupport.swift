import DiskSimulation
import Foundation
import Records
import Synchronization
import TestSupport
import Testing

@testable import SegmentedLog

/// The folder of a log that is opened in it.
extension TemporaryFolder {
    var partition: String { path + "/hits-0" }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: partition + "/" + name)))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: partition + "/" + name))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: partition + "/" + name)
    }

    func names(_ suffix: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: partition).filter { $0.hasSuffix(suffix) }.sorted()
    }
}

extension PartitionLog {
    /// Appends as an event loop does, and waits until it is told what became of it.
    func appendWhenFree(_ batch: RecordBatch) throws(LogError) -> AppendResult {
        let told = Mutex<Result<AppendResult, LogError>?>(nil)
        let isTold = DispatchSemaphore(value: 0)
        append(batch) { result in
            told.withLock { $0 = result }
            isTold.signal()
        }
        isTold.wait()
        guard let result = told.withLock({ $0 }) else { preconditionFailure("told without a result") }
        return try result.get()
    }
}

/// A clock that moves only when told.
final class TestClock: Sendable {
    private let value = Mutex<Int64>(1_700_000_000_000)
    var now: Int64 { value.withLock { $0 } }
    func advance(_ milliseconds: Int64) { value.withLock { $0 += milliseconds } }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A batch of one record per value.
func makeBatch(_ values: [String], timestamp: Int64 = 1000) throws -> RecordBatch {
    try makeBatch(values.map { (nil, $0) }, timestamp: timestamp)
}

/// A batch of keyed records; a nil value is a tombstone.
func makeBatch(_ records: [(key: String?, value: String?)], timestamp: Int64 = 1000) throws -> RecordBatch {
    var builder = RecordBatchBuilder()
    for record in records {
        builder.append(
            keyBytes: record.key.map(bytes), valueBytes: record.value.map(bytes), timestamp: timestamp)
    }
    return try builder.build()
}

struct Producer {
    var id: Int64
    var epoch: Int16 = 0
    var sequence: Int32 = 0
    var isTransactional = false

    /// The next batch of this producer.
    mutating func batch(_ records: [(key: String?, value: String?)], timestamp: Int64 = 1000) throws -> RecordBatch {
        let batch = try makeBatch(records, timestamp: timestamp)
        defer { sequence = ProducerSequence.advanced(sequence, by: Int32(batch.recordCount)) }
        return batch.stamped(
            producerId: id, producerEpoch: epoch, baseSequence: sequence, isTransactional: isTransactional)
    }

    mutating func batch(_ values: [String]) throws -> RecordBatch { try batch(values.map { (nil, $0) }) }
}

func openLog(
    _ directory: String, _ config: LogConfig = LogConfig(), policy: FlushPolicy = .os, disk: any Disk = FileDisk(),
    gate: FlushGate? = nil, clean: Bool = false, clock: TestClock = TestClock()
) throws -> PartitionLog {
    // Whoever opens logs after a crash makes durable what is there, and afterwards the folder's name; no power is cut from the real disk here.
    let folder = FilePath.split(directory).directory ?? "/"
    if disk is SimulatedDisk, !clean { try disk.syncAll(folder) }
    let log = try PartitionLog.open(
        directory: directory, topicPartition: TopicPartition(topic: "hits", partition: 0), config: config, disk: disk,
        gate: gate ?? FlushGate(policy: policy), cleanShutdown: clean, clock: { clock.now })
    if disk is SimulatedDisk { try disk.syncDirectory(folder) }
    return log
}

struct ReadRecord: Equatable {
    var offset: Int64
    var key: String?
    var value: String?
}

func records(of batch: RecordBatch) throws -> [ReadRecord] {
    let decoded = try batch.records()
    return decoded.map { record in
        func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: decoded.bytes($0), as: UTF8.self) } }
        return ReadRecord(offset: record.offset, key: text(record.key), value: text(record.value))
    }
}

extension PartitionLog {
    /// Leaves the log as a killed process does: not closed, and no flush of it comes later.
    func abandon() { gate.close() }

    /// Every visible data record from `offset` on, as a consumer of that isolation sees them.
    func all(from offset: Int64? = nil, _ isolation: Isolation = .readUncommitted) throws -> [ReadRecord] {
        var offset = offset ?? startOffset
        var found: [ReadRecord] = []
        while true {
            let read = try read(from: offset, bytesMax: 64 << 10, isolation: isolation)
            for batch in read.batches where !batch.header.isControl {
                let isAborted = read.abortedTransactions.contains {
                    $0.producerId == batch.header.producerId && $0.firstOffset <= batch.baseOffset
                        && batch.baseOffset <= $0.lastOffset
                }
                if !isAborted || isolation == .readUncommitted {
                    found += try records(of: batch).filter { $0.offset >= offset }
                }
            }
            guard read.nextOffset > offset else { return found }
            offset = read.nextOffset
        }
    }

    func values(_ isolation: Isolation = .readUncommitted) throws -> [String?] { try all(isolation).map(\.value) }

    private func all(_ isolation: Isolation) throws -> [ReadRecord] { try all(from: nil, isolation) }
}

/// Runs `body` and returns the error it throws, if it is a `LogError`.
func logError(_ body: () throws -> Void) -> LogError? {
    do {
        try body()
        return nil
    } catch {
        return error as? LogError
    }
}
