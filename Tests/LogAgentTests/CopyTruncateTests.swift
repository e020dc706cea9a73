import Foundation
import Testing

@testable import LogAgent

@Suite("copytruncate")
struct CopyTruncateTests {
    /// As logrotate does it: shift the old copies, copy, truncate.
    private func rotate(_ path: String, lastWords: String = "") throws {
        for number in (1..<30).reversed() where FileManager.default.fileExists(atPath: "\(path).\(number)") {
            try Writing.rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        try FileManager.default.copyItem(atPath: path, toPath: "\(path).1")
        if !lastWords.isEmpty { try Writing.append(lastWords, to: path) }
        try #require(truncate(path, 0) == 0)
    }

    @Test("copies are recognised and have what was not read before the truncation", arguments: ["a.log", "a.log*"])
    func copies(pattern: String) async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        bench.start(bench.input(pattern))
        for round in 0..<20 {
            let first = round * 500
            try Writing.append(Writing.lines(first..<first + 250), to: path)
            if !round.isMultiple(of: 3) { await bench.idle() }
            try Writing.append(Writing.lines(first + 250..<first + 500), to: path)
            // Read in part, in whole or not at all: the copy has the rest once something of the original is read.
            if round.isMultiple(of: 2) || round.isMultiple(of: 3) { await bench.idle() }
            try rotate(path)
        }
        await bench.idle()
        try await bench.expectExactly(0..<10_000)
        #expect(try bench.status.gaps == 0)
        try await bench.stop()
        bench.start(bench.input(pattern))
        await bench.idle()
        try await bench.expectExactly(0..<10_000)
        try await bench.end()
    }

    @Test("a copy made and truncated while the agent is away is read on where its original was left")
    func whileAway() async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        try Writing.append(Writing.lines(0..<300), to: path)
        bench.start(bench.input("a.log*"))
        await bench.idle()
        try await bench.crash()
        try Writing.append(Writing.lines(300..<400), to: path)
        try rotate(path)
        try Writing.append(Writing.lines(400..<900), to: path)
        bench.start(bench.input("a.log*"))
        await bench.idle()
        try await bench.expectExactly(0..<900)
        try await bench.end()
    }

    @Test("what was written between the copy and the truncation and had been seen is read or reported in bytes")
    func gap() async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        try Writing.append(Writing.lines(0..<300), to: path)
        bench.start(bench.input("a.log*"))
        await bench.idle()
        try FileManager.default.copyItem(atPath: path, toPath: "\(path).1")
        try Writing.append(Writing.lines(300..<310) + "half a line", to: path)
        await bench.idle()
        try #require(truncate(path, 0) == 0)
        await bench.idle()
        try await bench.expectExactly(0..<310)
        #expect(try bench.status.gapBytes == 11)
        #expect(try await bench.deadLetters().map { $0.headers["x-file-length"] } == ["11"])
        try await bench.end()
    }

    @Test("a copy that lies about untouched is not read as long as its original is")
    func plainCopy() async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        try Writing.append(Writing.lines(0..<300), to: path)
        bench.start(bench.input("a.log*"))
        await bench.idle()
        try FileManager.default.copyItem(atPath: path, toPath: "\(path).bak")
        try Writing.append(Writing.lines(300..<600), to: path)
        await bench.idle()
        try await bench.expectExactly(0..<600)
        try await bench.end()
    }

    @Test("a file named like a copy of a copy is read, and one found together with its original is not read twice")
    func chains() async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        try Writing.append(Writing.lines(0..<300), to: path)
        try FileManager.default.copyItem(atPath: path, toPath: "\(path).1")
        try Writing.append(Writing.lines(300..<310), to: "\(path).1.old")
        bench.start(bench.input("a.log*"))
        await bench.idle()
        try await bench.expectExactly(0..<310)
        try await bench.end()
    }

    @Test("twenty copytruncate rotations under load double no line, and lose none that was copied")
    func underLoad() async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        let copied = bench.folder("copied")
        // As patient as a real agent: either side may be held up.
        bench.limits.copyQuiet = AgentLimits().copyQuiet
        bench.limits.copySearch = AgentLimits().copySearch
        bench.start(bench.input("a.log*"))
        let writer = Task {
            for block in 0..<400 {
                try Writing.append(Writing.lines(block * 25..<(block + 1) * 25), to: path)
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        try FileManager.default.createDirectory(atPath: copied, withIntermediateDirectories: true)
        for rotation in 0..<20 {
            try await Task.sleep(for: .milliseconds(40))
            guard FileManager.default.fileExists(atPath: path) else { continue }
            try rotate(path)
            // What the rotation itself kept is the measure.
            try FileManager.default.copyItem(atPath: "\(path).1", toPath: "\(copied)/\(rotation)")
        }
        try await writer.value
        await bench.idle()
        let copies = try FileManager.default.contentsOfDirectory(atPath: copied).map { "\(copied)/\($0)" }
        var expected: Set<String> = []
        for kept in [path] + copies {
            // A copy may end within the line that was being written: what has no line break was not kept whole.
            let lines = try String(contentsOfFile: kept, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            expected.formUnion(lines.dropLast().map(String.init))
        }
        let values = try await bench.values()
        #expect(Set(values).count == values.count, "\(values.count - Set(values).count) duplicates")
        #expect(expected.subtracting(values).isEmpty, "\(expected.subtracting(values).count) lines lost")
        try await bench.end()
    }
}
