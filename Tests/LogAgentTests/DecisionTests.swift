import TestSupport
import Testing

@testable import LogAgent

/// The decisions of the tail logic, on values alone.
@Suite("recognising files")
struct DecisionTests {
    private func progress(_ text: String) -> TailProgress {
        var progress = TailProgress.beginning
        [UInt8](text.utf8).withUnsafeBytes {
            progress.advance(to: Int64($0.count), lines: 1, window: $0, windowStart: 0)
        }
        return progress
    }

    private func generation(_ text: String, size: Int64? = nil) -> Generation {
        var generation = Generation(
            id: 1, identity: FileIdentity(device: 1, inode: 2), path: "/l/a.log", start: .beginning, size: 0)
        generation.advance(to: progress(text))
        generation.sizeSeen = size ?? Int64(text.utf8.count)
        return generation
    }

    @Test("progress is the same in one step and in many, whatever the steps")
    func steps() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the steps: \(seed)")
        var random = SeededGenerator(seed: seed)
        let content = (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        content.withUnsafeBytes { bytes in
            var whole = TailProgress.beginning
            whole.advance(to: 5_000, lines: 7, window: bytes, windowStart: 0)
            for _ in 0..<50 {
                var stepped = TailProgress.beginning
                while stepped.offset < 5_000 {
                    let end = min(5_000, stepped.offset + Int64.random(in: 1...900, using: &random))
                    let start = stepped.windowStart
                    let window = UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<Int(end)])
                    stepped.advance(to: end, lines: end == 5_000 ? 7 : 0, window: window, windowStart: start)
                }
                #expect(stepped == whole)
            }
            // Begun further on, header and tail are the same; the checksum covers what was read.
            let begun = TailProgress(
                beginningAt: 5_000, header: [UInt8](bytes[..<1024]), tail: [UInt8](bytes[4_936...]))
            #expect(begun.headerHash == whole.headerHash && begun.tailHash == whole.tailHash)
        }
    }

    @Test("the same file goes on")
    func same() {
        let known = generation("one\ntwo\n", size: 10)
        let read = known.current
        #expect(Continuity.judge(known, size: 10) == .same)
        #expect(Continuity.judge(known, size: 99, header: read.headerHash, tail: read.tailHash) == .same)
    }

    @Test("a shorter file, another header and another tail each begin a new generation")
    func replaced() {
        let known = generation("one\ntwo\n", size: 10)
        let read = known.current
        #expect(Continuity.judge(known, size: 7) == .replaced(unreadBytes: 2))
        #expect(Continuity.judge(known, size: 99, header: 0, tail: read.tailHash) == .replaced(unreadBytes: 2))
        #expect(Continuity.judge(known, size: 99, header: read.headerHash, tail: 0) == .replaced(unreadBytes: 2))
        #expect(Continuity.judge(generation("", size: 3), size: 1) == .replaced(unreadBytes: 3))
    }

    @Test("an unread end that is cut off is a loss and no new generation")
    func cutShort() {
        let known = generation("one\ntwo\n", size: 12)
        let read = known.current
        #expect(
            Continuity.judge(known, size: 9, header: read.headerHash, tail: read.tailHash) == .cutShort(lostBytes: 3))
    }

    @Test("a rewind forgets what was not committed")
    func rewind() {
        var known = generation("one\ntwo\n")
        known.commit()
        let committed = known.current
        known.advance(to: progress("one\ntwo\nthree\n"))
        known.rewind()
        #expect(known.current == committed && known.marks.map(\.offset).max() == 8)
    }

    @Test("a copy is one only by its checksum")
    func copies() {
        let known = generation("one\ntwo\n")
        let header = known.current.headerHash
        func judge(size: Int64, isQuiet: Bool = false, intact: Bool = true, header: UInt64?) -> CopyJudgement {
            CopyJudgement.judge(
                original: known, originalIsIntact: intact, originalIsBehind: false, size: size, isQuiet: isQuiet,
                header: header)
        }
        let mark = Generation.Mark(known.current)
        #expect(judge(size: 8, header: header) == .compare(mark))
        #expect(judge(size: 80, header: header) == .compare(mark))
        #expect(judge(size: 80, header: 0) == .unrelated)
        // Of an original that was not read yet nothing can be said until it is.
        for isBehind in [true, false] {
            #expect(
                CopyJudgement.judge(
                    original: generation("", size: 9), originalIsIntact: true, originalIsBehind: isBehind, size: 9,
                    isQuiet: true, header: 0) == (isBehind ? .undecided : .unrelated))
        }
        // Still being copied, or not a copy at all.
        #expect(judge(size: 5, header: nil) == .undecided)
        #expect(judge(size: 5, isQuiet: true, header: nil) == .unrelated)
        #expect(judge(size: 5, intact: false, header: nil) == .unrelated)
    }

    @Test("a copy that ends before what was read meanwhile is compared at the last mark it reaches")
    func marks() {
        var known = generation(String(repeating: "x", count: 2_000) + "\n")
        let reached = known.marks.last
        known.advance(to: progress(String(repeating: "x", count: 2_000) + "\nand more\n"))
        let header = known.current.headerHash
        #expect(
            CopyJudgement.judge(
                original: known, originalIsIntact: true, originalIsBehind: false, size: 2_005, isQuiet: false,
                header: header)
                == .undecided)
        #expect(
            CopyJudgement.judge(
                original: known, originalIsIntact: false, originalIsBehind: false, size: 2_005, isQuiet: false,
                header: header)
                == reached.map { .compare($0) })
        #expect(
            CopyJudgement.judge(
                original: known, originalIsIntact: false, originalIsBehind: false, size: 1_999, isQuiet: false,
                header: header)
                == .unrelated)
    }

    @Test(
        "rotation's names lead back to their originals",
        arguments: [
            ("/l/access.log.1", "/l/access.log", true), ("/l/access.log-20260131", "/l/access.log", true),
            ("/l/access-20260131.log", "/l/access.log", true), ("/l/access.log.2.gz", "/l/access.log", true),
            ("/l/access-site.log", "/l/access.log", false), ("/l/accesslog", "/l/access.log", false),
            ("/m/access.log.1", "/l/access.log", false), ("/l/access.log", "/l/access.log", false),
        ])
    func rotatedNames(copy: String, original: String, expected: Bool) {
        #expect(RotatedName.originals(of: copy).contains(original) == expected)
    }

    @Test("a state record is read back as it was written, and damaged ones are refused")
    func records() throws {
        var known = generation("one\ntwo\n", size: 10)
        known.path = "/l/äöü.log"
        known.isSealed = true
        let bytes = GenerationRecord(known, updatedAt: 1_700_000_000_123).encoded()
        let read = try GenerationRecord(id: 1, parsing: bytes[...])
        #expect(read.updatedAt == 1_700_000_000_123)
        #expect(read.generation.current == known.current && read.generation.committed == known.current)
        #expect(read.generation.path == known.path && read.generation.isSealed && read.generation.sizeSeen == 10)
        #expect(read.generation.identity == known.identity)
        for count in 0..<bytes.count {
            #expect(throws: LogAgentError.self) { try GenerationRecord(id: 1, parsing: bytes[..<count]) }
        }
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the records: \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            var damaged = bytes
            damaged[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            _ = try? GenerationRecord(id: 1, parsing: damaged[...])
        }
    }

    @Test("keys of other agents and inputs are not taken for one's own")
    func keys() {
        let keys = GenerationKey(agent: "web", input: "access")
        #expect(keys.generation(of: keys.bytes(of: 0xABC)[...]) == 0xABC)
        #expect(keys.generation(of: GenerationKey(agent: "web", input: "error").bytes(of: 1)[...]) == nil)
        #expect(keys.generation(of: GenerationKey(agent: "web2", input: "access").bytes(of: 1)[...]) == nil)
        #expect(keys.generation(of: keys.started[...]) == nil)
    }
}
