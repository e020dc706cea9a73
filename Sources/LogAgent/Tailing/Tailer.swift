import Logging
import Settings

/// Tails the files of one input: finds them, recognises them, hands out what is unread in turn, and remembers what is to be committed.
///
/// Everything here is synchronous and belongs to one task; the decisions are `Continuity` and `CopyJudgement`.
final class Tailer {
    /// What one look at a file found to ship.
    enum Reading {
        /// Nothing, at least for now.
        case nothing
        /// Unread bytes, from `from` to the end of the window; the file's offset is at `from`. `isLast`: the file ends there.
        case window(UnsafeRawBufferPointer, from: Int, isLast: Bool)
        /// A whole line longer than one read, without its newline, and the place after it.
        case longLine([UInt8], after: TailProgress)
        /// A line over the limit: its first bytes, its length without the newline, and the place after it.
        case oversizeLine(sample: [UInt8], length: Int64, after: TailProgress)
    }

    let settings: FileInputSettings
    let limits: AgentLimits
    let finder: FileFinder
    let watch: FolderWatch?
    let logger: Logger

    var table = FileTable()
    /// Files that wait for their turn.
    private var queue = FileQueue()
    /// Files with a descriptor, the longest open first.
    private var openOrder = FileQueue()
    private(set) var openFiles = 0
    /// Files that could not be opened because too many are open; a commit, which lets files be closed, brings them back.
    private(set) var waitingForRoom: [TailedFile] = []
    var orphans: [Orphan] = []
    /// What the next commit takes out of the state topic; kept until it has succeeded.
    var endings: [Ending] = []
    /// Losses at the end of files that go on; kept until a commit has succeeded.
    var cuts: [Gap] = []
    var problems: [String: String] = [:]
    /// Whether something happened that only a scan can sort out.
    var needsScan = true
    /// Whether it has looked for files since its start.
    var hasScanned = false
    var truncations = 0

    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var touched: [TailedFile] = []

    init(settings: FileInputSettings, limits: AgentLimits, finder: FileFinder, logger: Logger) {
        self.settings = settings
        self.limits = limits
        self.finder = finder
        self.logger = logger
        buffer = .allocate(byteCount: limits.readBytes + Int(TailProgress.tailBytesMax), alignment: 64)
        do throws(SystemError) {
            watch = try FolderWatch()
        } catch {
            watch = nil
            logger.warning("no inotify (\(error)); files are looked at every \(settings.scanInterval)")
        }
    }

    deinit { buffer.deallocate() }

    // MARK: Reading

    /// The next file whose turn it is.
    func next() -> TailedFile? {
        let file = queue.pop()
        file?.isQueued = false
        return file
    }

    var hasNext: Bool { !queue.isEmpty }

    func enqueue(_ file: TailedFile) {
        guard !file.isQueued else { return }
        file.isQueued = true
        queue.push(file)
    }

    /// Looks at the file, and reads at most `readBytes` of it. What is handed out is valid until the next call.
    func read(_ file: TailedFile, now: ContinuousClock.Instant) -> Reading {
        do throws(SystemError) {
            guard let handle = try opened(file) else { return .nothing }
            file.problem = nil
            guard try isContinued(file, handle, now: now) else {
                enqueue(file)
                return .nothing
            }
            switch file.mode {
            case .candidate: return .nothing
            case .comparing(let comparison):
                try step(comparison, of: file, handle)
                return .nothing
            case .reading:
                if let line = file.longLine { return try readLongLine(file, line, handle) }
                return try readLines(file, handle)
            }
        } catch {
            report(error, about: file)
            return .nothing
        }
    }

    /// Whether the file still is its generation; otherwise a new one has begun in it.
    func isContinued(
        _ file: TailedFile, _ handle: OpenFile, now: ContinuousClock.Instant
    ) throws(SystemError) -> Bool {
        let size = try handle.facts().size
        let progress = file.generation.current
        var header: UInt64?
        var tail: UInt64?
        // Something happened and the size does not say what: it may have been rewritten to the same size.
        let isUnexplained = size < file.generation.sizeSeen || (size == file.generation.sizeSeen && !file.isBehind)
        if !file.isRecognised || isUnexplained {
            header = try handle.hash(at: 0, count: Int(progress.headerBytes))
            tail = try handle.hash(at: progress.windowStart, count: Int(progress.tailBytes))
        }
        switch Continuity.judge(file.generation, size: size, header: header, tail: tail) {
        case .same: break
        case .cutShort(let lostBytes):
            truncations += 1
            logger.warning("\(file.generation.path) was cut short: \(lostBytes) unread bytes are gone")
            cuts.append(
                Gap(path: file.generation.path, generation: file.generation.id, offset: size, bytes: lostBytes))
            file.longLine = nil
            file.lookedThrough = progress.offset
            touch(file)
        case .replaced(let unreadBytes):
            replace(file, unreadBytes: unreadBytes, size: size)
            return false
        }
        file.isRecognised = true
        file.note(size: size, now: now)
        return true
    }

    private func readLines(_ file: TailedFile, _ handle: OpenFile) throws(SystemError) -> Reading {
        let progress = file.generation.current
        guard file.isBehind || file.isFinishing else { return .nothing }
        let window = try fill(from: progress, handle)
        let from = Int(progress.tailBytes)
        guard window.count > from else {
            // Cut shorter than its size said a moment ago: the next look sees it.
            file.lookedThrough = progress.offset
            return .nothing
        }
        guard ContentHash.of(UnsafeRawBufferPointer(rebasing: window[..<from])) == progress.tailHash else {
            replace(file, unreadBytes: file.generation.unreadBytes, size: file.generation.sizeSeen)
            return .nothing
        }
        return .window(window, from: from, isLast: window.count < limits.readBytes + from)
    }

    private func fill(from progress: TailProgress, _ handle: OpenFile) throws(SystemError) -> UnsafeRawBufferPointer {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(limits.readBytes + Int(progress.tailBytes))])
        let count = try handle.read(into: room, at: progress.windowStart)
        return UnsafeRawBufferPointer(rebasing: room[..<count])
    }

    /// Looks for the end of a line that is longer than one read, without holding it.
    private func readLongLine(
        _ file: TailedFile, _ line: TailProgress, _ handle: OpenFile
    ) throws(SystemError) -> Reading {
        var line = line
        let start = file.generation.current.offset
        let window = try fill(from: line, handle)
        let windowStart = line.windowStart
        let from = Int(line.tailBytes)
        guard window.count > from || file.isFinishing else { return .nothing }
        let newline = LineFramer.newline(in: window, from: from)
        if newline == nil, window.count > from {
            line.advance(to: windowStart + Int64(window.count), lines: 0, window: window, windowStart: windowStart)
            file.longLine = line
            requeueIfBehind(file)
            return .nothing
        }
        // Without a newline it is the end of a file that is let go: the line will never have one.
        let end = windowStart + Int64(newline ?? window.count)
        line.advance(
            to: newline == nil ? end : end + 1, lines: 1, window: window, windowStart: windowStart)
        file.longLine = nil
        let length = end - start
        if length <= Int64(settings.lineBytesMax) {
            let bytes = try handle.bytes(at: start, count: Int(length))
            guard bytes.count == Int(length) else { return .nothing }
            return .longLine(bytes, after: line)
        }
        let sample = try handle.bytes(at: start, count: min(Int(length), limits.deadLetterSampleBytes))
        return .oversizeLine(sample: sample, length: length, after: line)
    }

    /// The file's lines up to `end` of the window are with the shipper; its offset was at `from` so far.
    func pass(_ file: TailedFile, to end: Int, lines: Int, of window: UnsafeRawBufferPointer, from: Int) {
        var progress = file.generation.current
        let windowStart = progress.offset - Int64(from)
        progress.advance(
            to: windowStart + Int64(end), lines: Int64(lines), window: window, windowStart: windowStart)
        pass(file, to: progress)
    }

    /// The file's lines up to `progress` are with the shipper.
    func pass(_ file: TailedFile, to progress: TailProgress) {
        file.generation.advance(to: progress)
        file.lookedThrough = progress.offset
        touch(file)
    }

    /// Ends a turn. What is left of the window, from `from` on, has no newline.
    func finish(_ file: TailedFile, rest window: UnsafeRawBufferPointer, from: Int, isLast: Bool) {
        let restBytes = window.count - from
        if restBytes == limits.readBytes {
            var line = file.generation.current
            let windowStart = line.offset - Int64(from)
            line.advance(
                to: windowStart + Int64(window.count), lines: 0, window: window, windowStart: windowStart)
            file.longLine = line
        } else if isLast {
            file.lookedThrough = file.generation.current.offset + Int64(restBytes)
        }
        requeueIfBehind(file)
    }

    /// Puts the file behind all others that wait, if it has more.
    func requeueIfBehind(_ file: TailedFile) { if file.isBehind { enqueue(file) } }

    /// Whether the line has yet to be passed.
    func isUnread(_ place: LinePlace) -> Bool {
        table.generation(place.generation).map { $0.current.offset <= place.offset } ?? false
    }

    // MARK: Descriptors

    /// The file's descriptor; nil where it has to wait because too many are open, or where its name leads elsewhere.
    func opened(_ file: TailedFile) throws(SystemError) -> OpenFile? {
        if let handle = file.open { return handle }
        guard makeRoom() else {
            waitingForRoom.append(file)
            return nil
        }
        let handle = try OpenFile(path: file.generation.path)
        guard try handle.facts().identity == file.generation.identity else {
            needsScan = true
            return nil
        }
        attach(handle, to: file)
        return handle
    }

    /// Makes sure that one more file may be opened, at the cost of a file that is read to its end.
    private func makeRoom() -> Bool {
        guard openFiles >= limits.openFilesMax else { return true }
        for _ in 0..<64 {
            guard let file = openOrder.pop() else { return true }
            guard file.open != nil else { continue }
            if file.isListed, file.isReading, !file.isBehind, file.longLine == nil, !file.isQueued, !file.isTouched {
                file.isRecognised = false
                detach(file)
                return true
            }
            openOrder.push(file)
        }
        return false
    }

    func attach(_ handle: OpenFile, to file: TailedFile) {
        file.open = handle
        openFiles += 1
        openOrder.push(file)
    }

    func detach(_ file: TailedFile) {
        if file.open != nil { openFiles -= 1 }
        file.open = nil
    }

    func report(_ error: SystemError, about file: TailedFile) {
        if error.isAbsence {
            needsScan = true
            return
        }
        if file.problem == nil { logger.warning("\(file.generation.path) cannot be read: \(error)") }
        file.problem = "\(error)"
    }

    // MARK: Committing

    func touch(_ file: TailedFile) {
        guard !file.isTouched else { return }
        file.isTouched = true
        touched.append(file)
    }

    /// Whether a commit would change the state topic.
    var hasChanges: Bool { !touched.isEmpty || !endings.isEmpty || !cuts.isEmpty }

    /// The places to commit: those of files, and of generations that ended in this transaction and are not settled yet.
    var placesToCommit: [Generation] {
        touched.filter { !$0.isEnding }.map(\.generation)
            + orphans.map(\.generation).filter { $0.current != $0.committed }
    }

    /// The generations whose records go.
    var recordsToDelete: [UInt64] {
        endings.map(\.generation).filter(\.isRecorded).map(\.id)
            + touched.filter { $0.isEnding && $0.generation.isRecorded }.map(\.generation.id)
    }

    /// The losses to report with the next commit.
    var gapsToReport: [Gap] {
        cuts
            + endings.filter { $0.lostBytes > 0 }.map {
                Gap(
                    path: $0.generation.path, generation: $0.generation.id, offset: $0.generation.current.offset,
                    bytes: $0.lostBytes)
            }
    }

    /// The transaction is committed.
    func committed() {
        var waiting: [TailedFile] = []
        for file in touched {
            file.generation.commit()
            file.generation.isRecorded = true
            file.isTouched = false
            guard file.isFinishing else { continue }
            // Its last look is still to come.
            guard !file.isQueued else {
                waiting.append(file)
                continue
            }
            file.isFinishing = false
            if file.isBehind { enqueue(file) } else { letGo(file) }
        }
        for index in orphans.indices where orphans[index].generation.current != orphans[index].generation.committed {
            orphans[index].generation.commit()
            orphans[index].generation.isRecorded = true
        }
        touched.removeAll(keepingCapacity: true)
        for file in waiting { touch(file) }
        endings.removeAll()
        cuts.removeAll()
        for file in waitingForRoom { enqueue(file) }
        waitingForRoom.removeAll()
        // They wait for nothing but this.
        if !orphans.isEmpty { needsScan = true }
    }

    func letGo(_ file: TailedFile) {
        table.remove(file)
        detach(file)
        if file.isDeleted {
            // Something may still be waiting to learn whether it is this file's copy.
            if table.files.contains(where: { $0.original == file.generation.id }) {
                orphans.append(Orphan(generation: file.generation, isLossy: false))
                needsScan = true
            }
        } else {
            keepVanished(file.generation)
        }
    }

    /// The transaction is given up: everything since the last commit is read again.
    func rewind() {
        for file in touched {
            file.rewind()
            enqueue(file)
        }
        // Endings need none: a generation is settled only once all that was read of it is committed.
        for index in orphans.indices { orphans[index].generation.rewind() }
    }
}
