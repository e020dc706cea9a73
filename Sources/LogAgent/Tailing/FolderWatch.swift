import Glibc

/// The inotify watches on the folders in which an input's files are. Used by one task at a time; the descriptor may be polled by another.
///
/// Watches are on folders and not on files: one watch covers all files in it, and names that come and go.
final class FolderWatch {
    /// What happened in a folder.
    enum Event {
        /// The file's content changed.
        case changed(path: String)
        /// A name came, went or was changed.
        case renamed(path: String, isFolder: Bool)
        /// Events were dropped, or a watched folder itself is gone: only a scan can tell.
        case unknown
    }

    private static let contentMask = UInt32(IN_MODIFY | IN_CLOSE_WRITE)
    private static let nameMask = UInt32(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
    private static let selfMask = UInt32(IN_DELETE_SELF | IN_MOVE_SELF)

    /// The inotify descriptor, non-blocking.
    let descriptor: Int32
    private var folders: [Int32: String] = [:]
    private var buffer = [UInt64](repeating: 0, count: (64 << 10) / 8)

    /// Fails with the system's error, such as too many inotify instances of one user; the reconcile scan does without.
    init() throws(SystemError) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError(errno) }
    }

    deinit { close(descriptor) }

    /// Watches the folder; again for a folder that is watched already changes nothing, and a new folder under an old name gets its own watch.
    func watch(_ folder: String) throws(SystemError) {
        let watch = inotify_add_watch(
            descriptor, folder, Self.contentMask | Self.nameMask | Self.selfMask | UInt32(IN_ONLYDIR))
        guard watch >= 0 else { throw SystemError(errno) }
        folders[watch] = folder
    }

    /// Hands out events that have come since the last call. The kernel joins equal events in a row into one. What comes faster than it
    /// can be taken waits for the next call.
    func drain(_ handle: (Event) -> Void) {
        for _ in 0..<16 {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            buffer.withUnsafeBytes { parse(UnsafeRawBufferPointer(rebasing: $0[..<count]), handle) }
        }
    }

    private func parse(_ bytes: UnsafeRawBufferPointer, _ handle: (Event) -> Void) {
        var position = 0
        let headBytes = MemoryLayout<inotify_event>.size
        while position + headBytes <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
            let nameStart = position + headBytes
            position = nameStart + Int(event.len)
            guard position <= bytes.count else { return }
            if event.mask & (UInt32(IN_Q_OVERFLOW) | UInt32(IN_IGNORED) | Self.selfMask) != 0 {
                if event.mask & UInt32(IN_IGNORED) != 0 { folders[event.wd] = nil }
                handle(.unknown)
                continue
            }
            let name = bytes[nameStart..<position].prefix { $0 != 0 }
            guard let folder = folders[event.wd], let name = String(validating: name, as: UTF8.self) else { continue }
            let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            if event.mask & Self.nameMask != 0 {
                handle(.renamed(path: path, isFolder: event.mask & UInt32(IN_ISDIR) != 0))
            } else {
                handle(.changed(path: path))
            }
        }
    }
}
