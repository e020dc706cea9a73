import Glibc
import Synchronization
import TestSupport

@testable import SegmentedLog

/// A disk in memory that forgets what was not synced when the power goes, and fails where it is told to.
///
/// After `powerCut` a file holds what was last synced plus a random prefix of the later writes, the last one torn; a folder has the names last synced plus a
/// random prefix of the later creations, renames and removals. That is what a journaling file system may leave, at its worst.
final class SimulatedDisk: Disk {
    struct Inode: Sendable {
        var synced: [UInt8] = []
        var current: [UInt8] = []
        var pending: [Change] = []
    }

    enum Change: Sendable {
        case write([UInt8], Int)
        case truncate(Int)
    }

    enum NameChange: Sendable {
        case link(String, Int)
        case unlink(String)
    }

    struct State: Sendable {
        var inodes: [Int: Inode] = [:]
        var nextInode = 0
        var names: [String: Int] = [:]
        var syncedNames: [String: Int] = [:]
        var pendingNames: [String: [NameChange]] = [:]
        var folders: Set<String> = []
        var operations = 0
        var syncs = 0
        /// The power goes at this operation.
        var cutAt: Int?
        /// This and every later fdatasync fails.
        var failSyncAt: Int?
        /// Writes beyond this many bytes in all files find no room.
        var capacityBytes: Int?
        var generator: SeededGenerator
    }

    let state: Mutex<State>

    init(seed: UInt64) {
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    private init(_ state: sending State) {
        self.state = Mutex(state)
    }

    var operations: Int { state.withLock { $0.operations } }
    var syncs: Int { state.withLock { $0.syncs } }
    var isDead: Bool { state.withLock { state in state.cutAt.map { state.operations >= $0 } ?? false } }

    func cutPower(at operation: Int?) { state.withLock { $0.cutAt = operation } }
    func failSyncs(at sync: Int?) { state.withLock { $0.failSyncAt = sync } }
    func limit(toBytes bytes: Int?) { state.withLock { $0.capacityBytes = bytes } }
    var usedBytes: Int {
        state.withLock { state in state.names.values.reduce(0) { $0 + (state.inodes[$1]?.current.count ?? 0) } }
    }

    /// What is there when the power is back.
    func powerCut() -> SimulatedDisk {
        let survivor = state.withLock { state -> State in
            var generator = state.generator
            var after = State(generator: generator)
            after.nextInode = state.nextInode
            after.folders = state.folders
            after.names = state.syncedNames
            for (_, changes) in state.pendingNames.sorted(by: { $0.key < $1.key }) {
                for change in changes.prefix(Int.random(in: 0...changes.count, using: &generator)) {
                    Self.apply(change, to: &after.names)
                }
            }
            after.syncedNames = after.names
            for (number, inode) in state.inodes.sorted(by: { $0.key < $1.key }) {
                let content = Self.surviving(inode, &generator)
                after.inodes[number] = Inode(synced: content, current: content)
            }
            after.generator = generator
            return after
        }
        return SimulatedDisk(survivor)
    }

    private static func surviving(_ inode: Inode, _ generator: inout SeededGenerator) -> [UInt8] {
        var content = inode.synced
        let count = Int.random(in: 0...inode.pending.count, using: &generator)
        for (index, change) in inode.pending.prefix(count).enumerated() {
            if index == count - 1, case .write(let bytes, let position) = change {
                let torn = Int.random(in: 0...bytes.count, using: &generator)
                apply(.write(Array(bytes.prefix(torn)), position), to: &content)
            } else {
                apply(change, to: &content)
            }
        }
        return content
    }

    static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .write(let bytes, let position):
            if bytes.isEmpty { return }
            let missing = position + bytes.count - content.count
            if missing > 0 { content += [UInt8](repeating: 0, count: missing) }
            content.replaceSubrange(position..<(position + bytes.count), with: bytes)
        case .truncate(let size):
            if size < content.count { content.removeSubrange(size...) }
        }
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .link(let path, let inode): names[path] = inode
        case .unlink(let path): names[path] = nil
        }
    }

    /// Counts an operation; throws once the power is gone.
    static func step(_ state: inout State, _ operation: String, _ path: String) throws(LogError) {
        if let cut = state.cutAt, state.operations >= cut { throw .system(EIO, operation, path: path) }
        state.operations += 1
        if let cut = state.cutAt, state.operations >= cut { throw .system(EIO, operation, path: path) }
    }

    private static func change(_ change: NameChange, _ path: String, _ state: inout State) {
        apply(change, to: &state.names)
        state.pendingNames[FilePath.split(path).directory ?? "", default: []].append(change)
    }

    func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        try state.withLock { (state) throws(LogError) in
            if create {
                state.folders.insert(path)
            } else if !state.folders.contains(path) {
                throw .system(ENOENT, "opendir", path: path)
            }
            return state.names.keys.compactMap { name in
                let (directory, file) = FilePath.split(name)
                return directory == path ? file : nil
            }
        }
    }

    func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile {
        let inode = try state.withLock { (state) throws(LogError) in
            if let inode = state.names[path] { return inode }
            guard access == .readWrite else { throw .system(ENOENT, "open", path: path) }
            try Self.step(&state, "open", path)
            let inode = state.nextInode
            state.nextInode += 1
            state.inodes[inode] = Inode()
            Self.change(.link(path, inode), path, &state)
            return inode
        }
        return SimulatedFile(disk: self, inode: inode, path: path)
    }

    func rename(_ path: String, to newPath: String) throws(LogError) {
        try state.withLock { (state) throws(LogError) in
            try Self.step(&state, "rename", path)
            guard let inode = state.names[path] else { throw .system(ENOENT, "rename", path: path) }
            Self.change(.link(newPath, inode), newPath, &state)
            Self.change(.unlink(path), path, &state)
        }
    }

    func remove(_ path: String) throws(LogError) {
        try state.withLock { (state) throws(LogError) in
            if state.folders.remove(path) != nil { return }
            guard state.names[path] != nil else { return }
            try Self.step(&state, "remove", path)
            Self.change(.unlink(path), path, &state)
        }
    }

    func syncDirectory(_ path: String) throws(LogError) {
        try state.withLock { (state) throws(LogError) in
            try Self.step(&state, "fsync", path)
            for change in state.pendingNames.removeValue(forKey: path) ?? [] {
                Self.apply(change, to: &state.syncedNames)
            }
        }
    }
}

/// A file of a `SimulatedDisk`; like a descriptor it outlives its name.
final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let inode: Int
    private let path: String

    init(disk: SimulatedDisk, inode: Int, path: String) {
        self.disk = disk
        self.inode = inode
        self.path = path
    }

    func size() throws(LogError) -> Int64 {
        disk.state.withLock { Int64($0.inodes[inode]?.current.count ?? 0) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
        disk.state.withLock { state in
            let content = state.inodes[inode]?.current ?? []
            let slice = content.dropFirst(Int(position)).prefix(buffer.count)
            buffer.copyBytes(from: slice)
            return slice.count
        }
    }

    func write(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64
    ) throws(LogError) {
        let bytes = Array(first) + Array(second)
        try disk.state.withLock { (state) throws(LogError) in
            let used = state.names.values.reduce(0) { $0 + (state.inodes[$1]?.current.count ?? 0) }
            let growth = Int(position) + bytes.count - (state.inodes[inode]?.current.count ?? 0)
            if let capacity = state.capacityBytes, growth > 0, used + growth > capacity {
                let room = max(0, min(bytes.count, capacity - used))
                change(.write(Array(bytes.prefix(room)), Int(position)), &state)
                throw .system(ENOSPC, "write", path: path)
            }
            do throws(LogError) {
                try SimulatedDisk.step(&state, "write", path)
            } catch {
                let torn = Int.random(in: 0...bytes.count, using: &state.generator)
                change(.write(Array(bytes.prefix(torn)), Int(position)), &state)
                throw error
            }
            change(.write(bytes, Int(position)), &state)
        }
    }

    func truncate(to size: Int64) throws(LogError) {
        try disk.state.withLock { (state) throws(LogError) in
            try SimulatedDisk.step(&state, "truncate", path)
            change(.truncate(Int(size)), &state)
        }
    }

    func sync() throws(LogError) {
        try disk.state.withLock { (state) throws(LogError) in
            try SimulatedDisk.step(&state, "fdatasync", path)
            state.syncs += 1
            if let fail = state.failSyncAt, state.syncs >= fail { throw .system(EIO, "fdatasync", path: path) }
            guard let current = state.inodes[inode]?.current else { return }
            state.inodes[inode] = SimulatedDisk.Inode(synced: current, current: current)
        }
    }

    private func change(_ change: SimulatedDisk.Change, _ state: inout SimulatedDisk.State) {
        guard var contents = state.inodes.removeValue(forKey: inode) else { return }
        SimulatedDisk.apply(change, to: &contents.current)
        contents.pending.append(change)
        state.inodes[inode] = contents
    }
}
