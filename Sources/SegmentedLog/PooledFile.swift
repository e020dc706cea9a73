import CLinux
import Glibc
import Synchronization

/// A file of the operating system, whose descriptor the pool may close while nobody uses it. Every call is positional and may come from any thread.
///
/// - **What was written and not synced keeps its descriptor.** The kernel reports a failed write-back once per open file description, so what is closed before
///   its fdatasync may have failed unnoticed (decision 4). Under need the pool calls that fdatasync; if it fails, every `sync` of this file fails from then on.
/// - **Who uses it pins it**: for the length of a call, or for as long as a slice of it is kept.
/// - **Opened again, it must be the same file.** Retention unlinks segments and compaction puts others under their names while readers hold older snapshots. A
///   file that is not there any more throws `.fileGone`, and the log looks again what it has. Where the file system tells no time of birth, which alone tells a
///   file from one that has got its inode number later, files are not closed.
final class PooledFile: DiskFile {
    private enum Contents {
        /// Nothing was written here, and nothing is known of what an earlier process has left unsynced.
        case asFound
        case written
        case synced
    }

    private struct State {
        var descriptor: Int32?
        var slot = 0
        var pins = 1
        /// How many of the pins are of slices.
        var slices = 0
        var contents = Contents.asFound
        /// Counts up to tell a write from a sync that had begun before it.
        var writes: UInt32 = 0
        var wasUsed = true
    }

    private let path: String
    private let isReadOnly: Bool
    private let identity: FileIdentity?
    private let pool: FilePool
    private let state: Mutex<State>
    /// The errno of a failed fdatasync, for good, and one fdatasync at a time: of two that overlap only one is told of an error.
    private let syncFailure = Mutex<Int32>(0)

    private init(_ descriptor: Int32, _ path: String, _ access: DiskAccess, _ pool: FilePool) {
        self.path = path
        self.pool = pool
        isReadOnly = access == .readOnly
        identity = FileIdentity(of: descriptor)
        state = Mutex(State(descriptor: descriptor))
    }

    deinit {
        // Nobody pins it any more: who does holds a reference.
        let (descriptor, slot) = state.withLock { ($0.descriptor, $0.slot) }
        guard let descriptor else { return }
        Glibc.close(descriptor)
        pool.remove(slot)
    }

    /// Opens the file at `path`, or makes it.
    static func open(_ path: String, _ access: DiskAccess, _ pool: FilePool) throws(LogError) -> PooledFile {
        pool.reserve()
        let flags = access == .readOnly ? O_RDONLY : O_RDWR | O_CREAT
        let descriptor = openDescriptor(path, flags, pool)
        guard descriptor >= 0 else {
            let number = errno
            pool.abandon()
            throw .system(number, "open", path: path)
        }
        // Drops clean pages only. What it cannot do, it leaves as it is.
        if access == .recovering { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
        let file = PooledFile(descriptor, path, access, pool)
        file.takePlace()
        file.unpin()
        return file
    }

    // MARK: Opening and closing

    /// Whether it holds a descriptor now.
    var isOpen: Bool { state.withLock { $0.descriptor != nil } }

    /// Whether something was written that no sync has covered.
    var isUnsynced: Bool { state.withLock { $0.contents == .written } }

    /// The descriptor, which stays open until `unpin`.
    func pin() throws(LogError) -> Int32 {
        let descriptor = state.withLock { state -> Int32? in
            guard state.descriptor != nil else { return nil }
            state.pins += 1
            state.wasUsed = true
            return state.descriptor
        }
        if let descriptor { return descriptor }
        return try reopen()
    }

    func unpin() { state.withLock { $0.pins -= 1 } }

    /// As `pin`, for a slice; `unpinSlice` ends it.
    /// - Throws: `.tooManySlices`.
    func pinSlice() throws(LogError) -> Int32 {
        let descriptor = try pin()
        let isTaken = state.withLock { state in
            guard state.slices > 0 || pool.takeSliced() else { return false }
            state.slices += 1
            return true
        }
        guard isTaken else {
            unpin()
            let (directory, name) = FilePath.split(path)
            throw LogError(
                .tooManySlices, "slices of \(pool.slicedMax) files are being sent", directory: directory, segment: name)
        }
        return descriptor
    }

    func unpinSlice() {
        state.withLock { state in
            state.pins -= 1
            state.slices -= 1
            if state.slices == 0 { pool.releaseSliced() }
        }
    }

    /// As `pin`, of a file that the pool has closed.
    private func reopen() throws(LogError) -> Int32 {
        pool.reserve()
        let mine = Self.openDescriptor(path, isReadOnly ? O_RDONLY : O_RDWR, pool)
        let number = errno
        guard mine >= 0, FileIdentity(of: mine) == identity else {
            if mine >= 0 { Glibc.close(mine) }
            pool.abandon()
            if mine < 0, number != ENOENT { throw .system(number, "open", path: path) }
            let (directory, name) = FilePath.split(path)
            throw LogError(
                .fileGone, "the file was removed or replaced while it was closed", directory: directory, segment: name)
        }
        let descriptor = state.withLock { state in
            state.pins += 1
            state.wasUsed = true
            if let others = state.descriptor { return others }
            state.descriptor = mine
            return mine
        }
        if descriptor == mine {
            takePlace()
        } else {
            Glibc.close(mine)
            pool.abandon()
        }
        return descriptor
    }

    /// Pinned all the while, so the pool does not close it before it knows its place.
    private func takePlace() {
        let slot = pool.add(self)
        state.withLock { $0.slot = slot }
    }

    /// Opens, and where there are too many open files lets the pool close some first.
    static func openDescriptor(_ path: String, _ flags: Int32, _ pool: FilePool) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o644)
            guard descriptor < 0, errno == EMFILE || errno == ENFILE else { return descriptor }
            let number = errno
            // Others of this process have taken the descriptors; each turn gives one back.
            guard pool.closeOne() else {
                errno = number
                return descriptor
            }
        }
    }

    /// Closes the descriptor if that may be, and needs no more than this effort. Only the pool calls this.
    func close(_ effort: FilePool.Effort) {
        let (closable, isDirty) = state.withLock { state -> ((descriptor: Int32, slot: Int)?, Bool) in
            defer { state.wasUsed = false }
            guard identity != nil, let descriptor = state.descriptor, state.pins == 0,
                effort != .unused || !state.wasUsed
            else { return (nil, false) }
            guard state.contents != .written else { return (nil, true) }
            state.descriptor = nil
            return ((descriptor, state.slot), false)
        }
        if let closable {
            Glibc.close(closable.descriptor)
            pool.remove(closable.slot)
        } else if isDirty, effort == .sync {
            // The error is kept for the next `sync`. Without one the file is clean, unless it is being written to.
            guard (try? sync()) != nil else { return }
            close(.clean)
        }
    }

    // MARK: DiskFile

    func size() throws(LogError) -> Int64 {
        let descriptor = try pin()
        defer { unpin() }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno, "fstat", path: path) }
        return Int64(status.st_size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
        let descriptor = try pin()
        defer { unpin() }
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, Int(position) + done)
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw .system(errno, "read", path: path)
            }
        }
        return done
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64) throws(LogError) {
        let descriptor = try pin()
        defer { unpinWritten() }
        let total = first.count + second.count
        var done = 0
        while done < total {
            let head = UnsafeRawBufferPointer(rebasing: first[min(done, first.count)...])
            let tail = UnsafeRawBufferPointer(rebasing: second[max(0, done - first.count)...])
            let count = Self.writeOnce(descriptor, head, tail, position + Int64(done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw .system(ENOSPC, "write", path: path)
            } else if errno != EINTR {
                throw .system(errno, "write", path: path)
            }
        }
    }

    private static func writeOnce(
        _ descriptor: Int32, _ head: UnsafeRawBufferPointer, _ tail: UnsafeRawBufferPointer, _ position: Int64
    ) -> Int {
        // pwritev takes mutable pointers for both directions; it only reads from them.
        var vectors = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: tail.baseAddress), iov_len: tail.count)
        )
        return withUnsafeBytes(of: &vectors) { bytes in
            pwritev(descriptor, bytes.assumingMemoryBound(to: iovec.self).baseAddress, 2, Int(position))
        }
    }

    func reserve(_ count: Int64, at position: Int64) -> Bool {
        guard let descriptor = try? pin() else { return false }
        defer { unpin() }
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0, status.f_bavail * status.f_frsize >= Self.freeBytesMin else {
            return false
        }
        return clinux_reserve(descriptor, position, count) == 0
    }

    /// With less than that left nothing is kept from others.
    private static let freeBytesMin: UInt = 1 << 30

    func truncate(to size: Int64) throws(LogError) {
        let descriptor = try pin()
        defer { unpinWritten() }
        while ftruncate(descriptor, Int(size)) != 0 {
            if errno != EINTR { throw .system(errno, "truncate", path: path) }
        }
    }

    /// Marked when it is over and not before: a sync that runs meanwhile may or may not have seen it, and the pin keeps the file open until then.
    private func unpinWritten() {
        state.withLock { state in
            state.contents = .written
            state.writes &+= 1
            state.pins -= 1
        }
    }

    func sync() throws(LogError) {
        if state.withLock({ $0.descriptor == nil && $0.contents == .synced }) { return }
        let descriptor: Int32
        do throws(LogError) {
            descriptor = try pin()
        } catch {
            // Closed with nothing to be synced, then removed: as with every unlinked file, there is nothing to keep.
            if error.code == .fileGone { return }
            throw error
        }
        let writes = state.withLock { $0.writes }
        let failure = syncFailure.withLock { failure in
            // Not repeated on any error: the kernel drops the dirty state of pages it failed to write, so a second call would report success.
            if failure == 0, fdatasync(descriptor) != 0 { failure = errno }
            return failure
        }
        state.withLock { state in
            if failure == 0, state.writes == writes { state.contents = .synced }
            state.pins -= 1
        }
        guard failure == 0 else {
            var error = LogError.system(failure, "fdatasync", path: path)
            error.code = .io
            throw error
        }
    }
}

/// What tells a file from every other, also from one that has its name or its inode number later.
private struct FileIdentity: Equatable {
    private let value: clinux_identity

    /// Nil where the file system keeps no time of birth.
    init?(of descriptor: Int32) {
        var value = clinux_identity()
        guard clinux_identify(descriptor, &value) else { return nil }
        self.value = value
    }

    static func == (left: FileIdentity, right: FileIdentity) -> Bool {
        left.value.inode == right.value.inode && left.value.birth_nanoseconds == right.value.birth_nanoseconds
            && left.value.device == right.value.device
    }
}
