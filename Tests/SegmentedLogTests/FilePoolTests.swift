import Dispatch
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("The pool of open files")
struct FilePoolTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ disk: FileDisk, _ name: String) throws -> PooledFile {
        try #require(try disk.open(folder.path + "/" + name, .readWrite) as? PooledFile)
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: folder.path + "/" + name))
    }

    /// Uses so many other files that every file that may be closed is.
    private func crowd(_ disk: FileDisk) throws {
        for number in 0..<(2 * disk.pool.limit) { _ = try open(disk, "crowd-\(number)").readBytes(1, at: 0) }
        var files: [PooledFile] = []
        for number in 0..<(2 * disk.pool.limit) { files.append(try open(disk, "crowd-\(number)")) }
        for file in files + files { _ = try file.readBytes(1, at: 0) }
    }

    @Test("files that were not used for long are closed, and opened again when they are")
    func closesAndReopens() throws {
        let disk = FileDisk(openFilesMax: 8)
        for number in 0..<100 { try write("content \(number)", to: "\(number)") }
        let files = try (0..<100).map { try open(disk, "\($0)") }
        for _ in 0..<3 {
            for (number, file) in files.enumerated() {
                #expect(try file.readBytes(100, at: 0) == bytes("content \(number)"))
                #expect(disk.pool.openCount <= 8)
            }
        }
        #expect(files.count { $0.isOpen } == disk.pool.openCount)
    }

    @Test("a file that is used again and again stays open while others come and go")
    func keepsWhatIsUsed() throws {
        let disk = FileDisk(openFilesMax: 8)
        let busy = try open(disk, "busy")
        let others = try (0..<50).map { try open(disk, "\($0)") }
        var closings = 0
        _ = try busy.size()
        for other in others + others {
            if !busy.isOpen { closings += 1 }
            _ = try busy.size()
            _ = try other.size()
        }
        #expect(closings == 0)
    }

    @Test("files that are gone leave their room to others")
    func released() throws {
        let disk = FileDisk(openFilesMax: 8)
        for number in 0..<1000 { _ = try open(disk, "\(number % 10)").size() }
        #expect(disk.pool.openCount == 0)
    }

    @Test("what is not synced keeps its file open")
    func unsyncedStaysOpen() throws {
        let disk = FileDisk(openFilesMax: 8)
        let written = try (0..<5).map { try open(disk, "written-\($0)") }
        for file in written { try file.write(bytes("x"), at: 0) }
        try crowd(disk)
        #expect(written.allSatisfy { $0.isOpen && $0.isUnsynced })
        for file in written { try file.sync() }
        try crowd(disk)
        #expect(written.allSatisfy { !$0.isOpen })
    }

    @Test("with more unsynced files than the limit they are synced before they are closed")
    func syncsUnderNeed() throws {
        let disk = FileDisk(openFilesMax: 8)
        let files = try (0..<50).map { try open(disk, "\($0)") }
        for file in files + files {
            try file.write(bytes("x"), at: 0)
            #expect(disk.pool.openCount <= 8)
            #expect(files.allSatisfy { $0.isOpen || !$0.isUnsynced })
        }
    }

    @Test("a sync that failed fails for good, also when the pool called it, and its file is not closed")
    func failedSync() throws {
        let disk = FileDisk(openFilesMax: 8)
        // fdatasync refuses a device.
        let broken = try #require(try disk.open("/dev/null", .readWrite) as? PooledFile)
        try broken.write(bytes("x"), at: 0)
        let files = try (0..<50).map { try open(disk, "\($0)") }
        for file in files { try file.write(bytes("x"), at: 0) }
        #expect(broken.isOpen && broken.isUnsynced)
        for _ in 0..<2 { #expect(logError { try broken.sync() }?.code == .io) }
    }

    @Test("a pinned descriptor is not closed, and what was removed is read through it")
    func pinned() throws {
        let disk = FileDisk(openFilesMax: 8)
        try write("kept", to: "pinned")
        let file = try open(disk, "pinned")
        var pin: PinnedDescriptor? = try PinnedDescriptor(file, isOfSlice: true)
        try disk.remove(folder.path + "/pinned")
        try crowd(disk)
        #expect(try file.readBytes(10, at: 0) == bytes("kept"))
        var byte: UInt8 = 0
        #expect(pread(try #require(pin).descriptor, &byte, 1, 0) == 1 && byte == UInt8(ascii: "k"))
        pin = nil
        try crowd(disk)
        #expect(logError { _ = try file.readBytes(10, at: 0) }?.code == .fileGone)
    }

    @Test("with nothing that may be closed there are more than the limit")
    func allPinned() throws {
        let disk = FileDisk(openFilesMax: 8)
        let pins = try (0..<20).map { try PinnedDescriptor(open(disk, "\($0)"), isOfSlice: false) }
        #expect(disk.pool.openCount == 20)
        withExtendedLifetime(pins) {}
    }

    @Test("slices keep half of the limit open and no more, however many there are of a file")
    func slicedLimit() throws {
        let disk = FileDisk(openFilesMax: 8)
        let files = try (0..<5).map { try open(disk, "\($0)") }
        var pins = try files.prefix(4).flatMap { file in
            try (0..<3).map { _ in try PinnedDescriptor(file, isOfSlice: true) }
        }
        #expect(logError { _ = try PinnedDescriptor(files[4], isOfSlice: true) }?.code == .tooManySlices)
        pins.removeFirst(2)
        #expect(logError { _ = try PinnedDescriptor(files[4], isOfSlice: true) }?.code == .tooManySlices)
        pins.removeFirst()
        pins.append(try PinnedDescriptor(files[4], isOfSlice: true))
        #expect(logError { _ = try PinnedDescriptor(files[0], isOfSlice: true) }?.code == .tooManySlices)
    }

    @Test("another file under the same name is not read in the place of the one that was opened")
    func replaced() throws {
        let disk = FileDisk(openFilesMax: 8)
        try write("old", to: "file")
        let file = try open(disk, "file")
        try crowd(disk)
        try write("new", to: "file.swap")
        try disk.rename(folder.path + "/file.swap", to: folder.path + "/file")
        #expect(logError { _ = try file.readBytes(3, at: 0) }?.code == .fileGone)
        #expect(try open(disk, "file").readBytes(3, at: 0) == bytes("new"))
    }

    @Test("another file that got the inode number as well is told from the one that was opened")
    func inodeReused() throws {
        let disk = FileDisk(openFilesMax: 8)
        let path = folder.path + "/file"
        func inode() -> UInt64 {
            var status = stat()
            return stat(path, &status) == 0 ? UInt64(status.st_ino) : 0
        }
        try write("old", to: "file")
        let file = try open(disk, "file")
        let old = inode()
        try crowd(disk)
        #expect(!file.isOpen)
        for _ in 0..<20 {
            try disk.remove(path)
            Glibc.usleep(10_000)  // The kernel's clock for births ticks every 4 to 10 ms.
            #expect(FileManager.default.createFile(atPath: path, contents: Data("new".utf8)))
            if inode() == old { break }
        }
        guard inode() == old else { try Test.cancel("this file system gives out inode numbers in another order") }
        #expect(logError { _ = try file.readBytes(3, at: 0) }?.code == .fileGone)
    }

    @Test("many threads that read, write, sync, remove and replace: the limit holds, and nobody reads what is not his")
    func concurrency() throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        let threads = 6
        let names = 40
        let disk = FileDisk(openFilesMax: 12)
        let generations = Atomic<Int>(0)
        let gone = Atomic<Int>(0)
        let failures = Mutex<[String]>([])
        // Under each name one file after another; each holds its own number, over and over.
        let files = Mutex<[(file: PooledFile, number: Int, made: ContinuousClock.Instant)]>([])
        @Sendable func make(_ name: Int) throws -> (PooledFile, Int, ContinuousClock.Instant) {
            let number = generations.add(1, ordering: .relaxed).newValue
            let path = folder.path + "/\(name)"
            let file = try #require(try disk.open("\(path).\(number)", .readWrite) as? PooledFile)
            try file.write([UInt8](repeating: UInt8(number % 251), count: 64), at: 0)
            try file.sync()
            try disk.rename("\(path).\(number)", to: path)
            return (try #require(try disk.open(path, .readWrite) as? PooledFile), number, .now)
        }
        for name in 0..<names { try files.withLock { $0.append(try make(name)) } }
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            var random = SeededGenerator(seed: seed &+ UInt64(thread))
            // Older generations, as readers hold them.
            var held: [(file: PooledFile, number: Int)] = []
            for _ in 0..<3000 {
                let name = Int.random(in: 0..<names, using: &random)
                var (file, number, made) = files.withLock { $0[name] }
                if let old = held.randomElement(using: &random), Bool.random(using: &random) {
                    (file, number) = old
                    made = .now
                }
                do {
                    switch Int.random(in: 0..<20, using: &random) {
                    // One thread replaces a name, so that its files come one after the other.
                    // Two that are made in one tick of the kernel's clock for births, 4 to 10 ms, and get one inode number, are one to the pool.
                    case 0 where name % threads == thread && .now - made > .milliseconds(20):
                        held.append((file, number))
                        let made = try make(name)
                        files.withLock { $0[name] = made }
                    case 1...3:
                        try file.write([UInt8](repeating: UInt8(number % 251), count: 8), at: 64)
                    case 4: try file.sync()
                    case 5: _ = try file.size()
                    default:
                        let read = try file.readBytes(128, at: 0)
                        if read.count < 64 || read.contains(where: { $0 != UInt8(number % 251) }) {
                            failures.withLock { $0.append("file \(number) reads \(read)") }
                        }
                    }
                } catch let error as LogError where error.code == .fileGone {
                    gone.add(1, ordering: .relaxed)
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
                // Each thread may have one in use.
                let open = disk.pool.openCount
                if open > 12 + threads { failures.withLock { $0.append("\(open) open files") } }
                if file.isUnsynced, !file.isOpen { failures.withLock { $0.append("closed, and not synced") } }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(gone.load(ordering: .relaxed) > 0)
        #expect(disk.pool.openCount <= 12)
    }
}
