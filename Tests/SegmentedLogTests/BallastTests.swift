import DiskSimulation
import Records
import Testing

@testable import SegmentedLog

/// What works on a disk of which every byte is taken, and what must not.
@Suite("The ballast of a data directory")
struct BallastTests {
    private let disk = SimulatedDisk(seed: 1)
    private let partition = "/data/hits-0"
    private let bytes = 16 << 10
    private let config = LogConfig(segmentBytes: 1000, retentionMilliseconds: 1000, indexIntervalBytes: 100)

    init() throws {
        _ = try disk.openDirectory("/data", create: true)
    }

    private func makeBallast() throws -> Ballast { try Ballast(directory: "/data", disk: disk, bytes: bytes) }

    private func open(_ ballast: Ballast, clean: Bool = false) throws -> PartitionLog {
        try openLog(partition, config, disk: disk, gate: FlushGate(policy: .always, ballast: ballast), clean: clean)
    }

    private func append(_ log: PartitionLog, _ count: Int, timestamp: Int64 = 1000) throws {
        for number in 0..<count { _ = try log.append(makeBatch(["value \(number)"], timestamp: timestamp)) }
    }

    private func fill() { disk.limit(toBytes: disk.usedBytes) }

    @Test("retention makes room on a full disk, and then the ballast is whole again before anything is appended")
    func retention() async throws {
        let ballast = try makeBallast()
        let log = try open(ballast)
        try append(log, 100)
        try await log.flush()
        fill()
        let full = disk.usedBytes
        #expect(logError { try append(log, 1) }?.code == .diskFull)
        try log.applyRetention(now: 1_700_000_000_000)
        #expect(log.startOffset == 100)
        #expect(disk.usedBytes < full - 5000)
        #expect(ballast.isShort)
        try append(log, 10)
        #expect(!ballast.isShort)
        #expect(try disk.open("/data/ballast", .readOnly).size() == Int64(bytes))
    }

    @Test("no batch takes the room that was given up, on either way into the log; a marker may")
    func appendsWait() async throws {
        let ballast = try makeBallast()
        let log = try open(ballast)
        try append(log, 5)
        var producer = Producer(id: 1, isTransactional: true)
        _ = try log.append(producer.batch(["begun"]))
        try await log.flush()
        fill()
        try log.deleteRecords(before: 2)
        #expect(log.startOffset == 2)
        #expect(ballast.isShort)
        #expect(logError { try append(log, 1) }?.code == .diskFull)
        let batch = try makeBatch(["x"])
        #expect(logError { _ = try log.appendWhenFree(batch) }?.code == .diskFull)
        _ = try log.appendMarker(commit: true, producerId: 1, producerEpoch: 0)
        disk.limit(toBytes: nil)
        #expect(try log.appendWhenFree(batch).baseOffset == 7)
        try append(log, 1)
        #expect(!ballast.isShort)
    }

    @Test("what is given up is not taken back before it was used")
    func spenders() throws {
        let ballast = try makeBallast()
        fill()
        var attempts = 0
        ballast.spendAndCheck {
            attempts += 1
            #expect(attempts == 1 || !ballast.refill())
            return attempts == 3
        }
        #expect(attempts == 3)
        #expect(ballast.refill())
    }

    @Test("all of it is given up, and then the error is that of the disk", arguments: [0, 16 << 10])
    func nothingLeft(bytes: Int) throws {
        let ballast = bytes == 0 ? Ballast.none : try makeBallast()
        var attempts = 0
        let error = logError {
            try ballast.spend { () throws(LogError) in
                attempts += 1
                throw LogError(.diskFull, "attempt \(attempts)")
            }
        }
        #expect(error?.message == "attempt \(attempts)")
        #expect(attempts == (bytes == 0 ? 1 : 17))
        let other = logError { try ballast.spend { () throws(LogError) in throw LogError(.io, "broken") } }
        #expect(other?.code == .io)
    }

    @Test("a log is closed cleanly on a full disk, and starts on it", arguments: [true, false])
    func stopAndStart(clean: Bool) async throws {
        var log = try open(try makeBallast())
        try append(log, 100)
        try await log.flush()
        fill()
        if clean { try log.close() } else { log.abandon() }
        log = try open(try makeBallast(), clean: clean)
        #expect(log.damage.isEmpty)
        #expect(try log.values().count == 100)
        try log.close()
    }

    @Test("a log starts without any room, and stores its indexes and its checkpoint once there is some")
    func startWithoutRoom() async throws {
        var log = try openLog(partition, config, policy: .always, disk: disk)
        var idempotent = Producer(id: 1)
        var transactional = Producer(id: 2, isTransactional: true)
        for _ in 0..<20 {
            _ = try log.append(idempotent.batch(["plain"]))
            _ = try log.append(transactional.batch(["aborted"]))
            _ = try log.appendMarker(commit: false, producerId: 2, producerEpoch: 0)
        }
        try await log.flush()
        log.abandon()
        // As a power cut may leave them, so that the new ones take more room than the old ones.
        for name in try disk.openDirectory(partition, create: false) where !name.hasSuffix(".log") {
            try disk.remove(partition + "/" + name)
        }
        fill()
        for _ in 0..<2 {
            log = try openLog(partition, config, policy: .always, disk: disk)
            #expect(log.damage.isEmpty)
            #expect(try log.all(from: 0, .readCommitted).map(\.value) == Array(repeating: "plain", count: 20))
            let duplicate = try log.append(idempotentBatch(19))
            #expect(duplicate.isDuplicate)
            #expect(logError { try append(log, 1) }?.code == .diskFull)
            #expect(logError { try log.deleteRecords(before: 30) }?.code == .diskFull)
            #expect(log.startOffset == 0)
            log.abandon()
        }
        log = try openLog(partition, config, policy: .always, disk: disk)
        disk.limit(toBytes: nil)
        _ = try log.append(transactional.batch(["aborted"]))
        _ = try log.appendMarker(commit: false, producerId: 2, producerEpoch: 0)
        try append(log, 30)
        try log.deleteRecords(before: 9)
        try log.close()
        let names = try disk.openDirectory(partition, create: false)
        let bases = SegmentName.offsets(in: names, .log)
        #expect(SegmentName.offsets(in: names, .index) == bases && SegmentName.offsets(in: names, .timeIndex) == bases)
        log = try openLog(partition, config, policy: .always, disk: disk.crash(.nothing), clean: true)
        #expect(log.damage.isEmpty)
        #expect(log.startOffset == 9)
        #expect(try log.all(from: nil, .readCommitted).count == 47)
        #expect(try log.all(from: nil, .readUncommitted).count == 65)
    }

    private func idempotentBatch(_ number: Int) throws -> RecordBatch {
        var producer = Producer(id: 1, sequence: Int32(number))
        return try producer.batch(["plain"])
    }
}

extension Ballast {
    /// Spends until `body` says that it has found room.
    fileprivate func spendAndCheck(_ body: () -> Bool) {
        _ = try? spend { () throws(LogError) in
            if !body() { throw LogError(.diskFull, "no room") }
        }
    }
}
