import Foundation
import Settings
import TestSupport
import Testing

@testable import LogAgent

@Suite("tailing")
struct TailingTests {
    @Test("lines arrive in order, without their newline and with their carriage return")
    func lines() async throws {
        let bench = try await Bench()
        try Writing.append("one\ntwo\r\n\nfour\n", to: bench.log("a.log"))
        bench.start(bench.input())
        await bench.idle()
        #expect(try await bench.values() == ["one", "two\r", "", "four"])
        let status = try bench.status
        #expect(status.linesRead == 4 && status.linesCommitted == 4 && status.deadLines == 0)
        #expect(status.bytesRead == 15 && status.lagBytes == 0 && status.files == 1)
        try await bench.end()
    }

    @Test("a file of one short line arrives at once, without a regular scan")
    func shortLine() async throws {
        let bench = try await Bench()
        var input = bench.input()
        input.scanInterval = .seconds(60)
        bench.start(input)
        await bench.idle()
        try Writing.append("a file of forty bytes, all in one line.\n", to: bench.log("short.log"))
        try await eventually("the line arrives") { try await bench.values().count == 1 }
        try Writing.append("and one more\n", to: bench.log("short.log"))
        try await eventually("the next arrives") { try await bench.values().count == 2 }
        try await bench.end()
    }

    @Test("an unfinished last line waits, also while the agent is away")
    func partialLine() async throws {
        let bench = try await Bench()
        try Writing.append("first\nabc", to: bench.log("a.log"))
        bench.start(bench.input())
        await bench.idle()
        #expect(try await bench.values() == ["first"])
        #expect(try bench.status.lagBytes == 3)
        try await bench.crash()
        try Writing.append("def\n", to: bench.log("a.log"))
        bench.start(bench.input())
        await bench.idle()
        #expect(try await bench.values() == ["first", "abcdef"])
        try await bench.end()
    }

    @Test("a line written in many pieces is one line")
    func pieces() async throws {
        let bench = try await Bench()
        bench.start(bench.input())
        let piece = String(repeating: "x", count: 50_000)
        for _ in 0..<10 {
            try Writing.append(piece, to: bench.log("a.log"))
            await bench.idle()
        }
        try Writing.append("\nshort\n", to: bench.log("a.log"))
        await bench.idle()
        #expect(try await bench.values() == [String(repeating: piece, count: 10), "short"])
        try await bench.end()
    }

    @Test(
        "start: end leaves out what is there, takes an unfinished last line whole, and reads later files from their first byte"
    )
    func startAtEnd() async throws {
        let bench = try await Bench()
        try Writing.append(Writing.lines(0..<5_000) + "unfin", to: bench.log("a.log"))
        let input = bench.input(start: .end)
        bench.start(input)
        await bench.idle()
        try Writing.append("ished\nnew\n", to: bench.log("a.log"))
        try Writing.append("later\n", to: bench.log("b.log"))
        await bench.idle()
        #expect(try await Set(bench.values()) == ["unfinished", "new", "later"])
        try await bench.stop()
        try Writing.append("while away\n", to: bench.log("a.log"))
        try Writing.append("created while away\n", to: bench.log("c.log"))
        bench.start(input)
        await bench.idle()
        #expect(
            try await Set(bench.values()) == ["unfinished", "new", "later", "while away", "created while away"])
        #expect(try await bench.values().count == 5)
        try await bench.end()
    }

    @Test("a restart reads on where the commit was, in good order or not", arguments: [true, false])
    func restart(isOrderly: Bool) async throws {
        let bench = try await Bench()
        for round in 0..<5 {
            try Writing.append(Writing.lines(round * 500..<(round + 1) * 500), to: bench.log("a.log"))
            bench.start(bench.input())
            if round.isMultiple(of: 2) { await bench.idle() }
            if isOrderly { try await bench.stop() } else { try await bench.crash() }
        }
        bench.start(bench.input())
        await bench.idle()
        try await bench.expectExactly(0..<2_500)
        try await bench.end()
    }

    @Test("a crash at any moment neither loses nor doubles a line")
    func crashes() async throws {
        let bench = try await Bench()
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the crashes: \(seed)")
        var random = SeededGenerator(seed: seed)
        let path = bench.log("a.log")
        let writer = Task {
            for block in 0..<200 {
                try Writing.append(Writing.lines(block * 50..<(block + 1) * 50), to: path)
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        for _ in 0..<8 {
            bench.start(bench.input())
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...150, using: &random)))
            try await bench.crash()
        }
        try await writer.value
        bench.start(bench.input())
        await bench.idle()
        try await bench.expectExactly(0..<10_000)

        try await bench.end()
    }

    @Test("two thousand files are read quickly, with fewer descriptors than files, and again after a restart")
    func manyFiles() async throws {
        let bench = try await Bench()
        bench.limits.openFilesMax = 100
        for file in 0..<2_000 {
            try Writing.append(Writing.lines(file * 3..<file * 3 + 3), to: bench.log("\(file).log"))
        }
        bench.start(bench.input())
        await bench.idle()
        try await bench.expectExactly(0..<6_000)
        let status = try bench.status
        #expect(status.files == 2_000 && status.openFiles <= 100)
        try await bench.crash()
        try Writing.append(Writing.lines(6_000..<6_001), to: bench.log("1234.log"))
        bench.start(bench.input())
        await bench.idle()
        try await bench.expectExactly(0..<6_001)
        try await bench.end()
    }

    @Test("files that cannot be read are reported, do not stop the others, and are read once they can be")
    func unreadable() async throws {
        let bench = try await Bench()
        try Writing.append("good\n", to: bench.log("good.log"))
        try FileManager.default.createDirectory(atPath: bench.log("bad.log"), withIntermediateDirectories: true)
        var input = bench.input("{bad,good}.log")
        input.scanInterval = .milliseconds(50)
        bench.start(input)
        await bench.idle()
        #expect(try await bench.values() == ["good"])
        #expect(try bench.status.problems.map(\.path) == [bench.log("bad.log")])
        try FileManager.default.removeItem(atPath: bench.log("bad.log"))
        try Writing.append("bad no more\n", to: bench.log("bad.log"))
        try await eventually("it is read") { try await bench.values().count == 2 }
        // The status follows the commit.
        try await eventually("it is no problem any more") { try bench.status.problems.isEmpty }
        try await bench.end()
    }

    @Test(
        "a file without permission is reported and read later", .enabled(if: geteuid() != 0, "root may read everything")
    )
    func forbidden() async throws {
        let bench = try await Bench()
        try Writing.append("secret\n", to: bench.log("a.log"))
        chmod(bench.log("a.log"), 0)
        bench.start(bench.input())
        try await eventually("it is reported") { try !bench.status.problems.isEmpty }
        chmod(bench.log("a.log"), 0o600)
        try await eventually("it is read") { try await bench.values() == ["secret"] }
        try await bench.end()
    }

    @Test(
        "batches go round the partitions, compressed as the binding says",
        arguments: ["none", "lz4", "zstd", "gzip", "snappy"])
    func partitions(compression: String) async throws {
        let bench = try await Bench()
        bench.partitions = 3
        bench.compression = compression
        try Writing.append(Writing.lines(0..<1_000), to: bench.log("a.log"))
        var input = bench.input()
        input.batchRecordsMax = 100
        bench.start(input)
        await bench.idle()
        try await bench.expectExactly(0..<1_000)
        let arrivals = try await bench.arrivals()
        let perPartition = Dictionary(grouping: arrivals, by: \.partition).mapValues(\.count)
        #expect(perPartition == [0: 400, 1: 300, 2: 300])
        #expect(arrivals.allSatisfy { $0.headers.isEmpty })
        try await bench.end()
    }
}
