import Glibc
import SegmentedLog
import Synchronization
import TestSupport

/// A disk in memory that loses what was not synced when the power goes, and fails where it is told to.
///
/// Per file it keeps the image on the device and the writes since the last sync, per folder the names on the device and the changes since its last sync.
/// `crash` makes the disk that is found afterwards. All that is random comes from the seed.
package final class SimulatedDisk: Disk {
    struct State: Sendable {
        var files: [Int: FileImage] = [:]
        var folders: [Int: FolderImage] = [:]
        /// The numbers of the folders there are, by path.
        var folderNumbers: [String: Int] = [:]
        var nextNumber = 0
        var operations = 0
        var syncs = 0
        var faults: [Fault] = []
        var isDead = false
        var fullFor = 0
        /// This and every later fdatasync fails.
        var failSyncAt: Int?
        /// Writes beyond this many bytes in all files find no room.
        var capacityBytes: Int?
        var trace: [String] = []
        var isTracing = false
        var generator: SeededGenerator
    }

    let state: Mutex<State>

    package init(seed: UInt64) {
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    private init(_ state: sending State) {
        self.state = Mutex(state)
    }

    // MARK: What a test sets and sees

    /// How many operations there were that can fail: see `Fault.Operation`.
    package var operations: Int { state.withLock { $0.operations } }
    /// How many fdatasyncs there were.
    package var syncs: Int { state.withLock { $0.syncs } }
    /// Whether a crash has come.
    package var isDead: Bool { state.withLock { $0.isDead } }
    /// Whether a failed sync has left something that no later one writes.
    package var hasLostPages: Bool { state.withLock { $0.files.values.contains { $0.hasLostPages } } }
    /// The bytes of all files that have a name.
    package var usedBytes: Int { state.withLock { Self.usedBytes($0) } }
    /// The operations so far, the newest last, if they are traced.
    package var trace: [String] { state.withLock { $0.trace } }

    package func traceOperations() { state.withLock { $0.isTracing = true } }
    /// Counts from here on.
    package func inject(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }
    package func clearFaults() {
        state.withLock { state in
            state.faults = []
            state.fullFor = 0
        }
    }
    /// The power goes at this operation, counted from the first; nil: never.
    package func cutPower(at operation: Int?) {
        state.withLock { state in
            state.faults = operation.map { [Fault(.crash, at: $0 - state.operations)] } ?? []
        }
    }
    /// This and every later fdatasync fails.
    package func failSyncs(at sync: Int?) { state.withLock { $0.failSyncAt = sync } }
    package func limit(toBytes bytes: Int?) { state.withLock { $0.capacityBytes = bytes } }

    /// The disk as it is found after a crash at this moment.
    package func crash(_ survival: Survival) -> SimulatedDisk {
        let survivor = state.withLock { state -> State in
            var generator = state.generator
            var after = State(generator: generator)
            after.nextNumber = state.nextNumber
            after.operations = state.operations
            after.isTracing = state.isTracing
            after.trace = state.isTracing ? state.trace + ["-- \(survival)"] : []
            for number in state.folders.keys.sorted() {
                after.folders[number] = state.folders[number]?.survivor(survival, &generator)
            }
            for number in state.files.keys.sorted() {
                after.files[number] = state.files[number]?.survivor(survival, &generator)
            }
            Self.findFolders(of: state.folderNumbers[""] ?? 0, path: "", &after)
            after.generator = generator
            return after
        }
        return SimulatedDisk(survivor)
    }

    /// The disk as it is found when the power has gone at this moment.
    package func powerCut() -> SimulatedDisk {
        crash(state.withLock { Survival.powerCuts[$0.generator.below(Survival.powerCuts.count)] })
    }

    // MARK: Names

    private static func findFolders(of number: Int, path: String, _ state: inout State) {
        guard let folder = state.folders[number] else { return }
        state.folderNumbers[path] = number
        for (name, child) in folder.current where state.folders[child] != nil {
            findFolders(of: child, path: path + "/" + name, &state)
        }
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
        return (String(path[..<slash]), String(path[path.utf8.index(after: slash)...]))
    }

    private static func file(_ path: String, _ state: State) -> Int? {
        let (folder, name) = split(path)
        return state.folderNumbers[folder].flatMap { state.folders[$0]?.current[name] }
    }

    /// What is above the data directory is there from the beginning.
    private static func makeRoot(_ path: String, _ state: inout State) -> Int {
        if let number = state.folderNumbers[path] { return number }
        let number = state.nextNumber
        state.nextNumber += 1
        state.folders[number] = FolderImage()
        state.folderNumbers[path] = number
        if !path.isEmpty {
            let (above, name) = split(path)
            let parent = makeRoot(above, &state)
            state.folders[parent]?.change(.link(name, number))
            state.folders[parent]?.sync()
        }
        return number
    }

    static func usedBytes(_ state: State) -> Int {
        state.folderNumbers.values.reduce(0) { sum, folder in
            sum + (state.folders[folder]?.current.values.reduce(0) { $0 + (state.files[$1]?.current.count ?? 0) } ?? 0)
        }
    }

    // MARK: Faults

    /// What an operation meets.
    enum Verdict {
        case proceeds
        /// It fails; of what it was to do, this many parts of 256 are done all the same.
        case fails(LogError, partIn256: Int)
    }

    static func step(_ operation: Fault.Operation, _ path: String, _ state: inout State) throws(LogError) -> Verdict {
        let failure = LogError.system(EIO, operation.rawValue, path: path)
        if state.isDead { throw failure }
        state.operations += 1
        if operation == .sync { state.syncs += 1 }
        let due = Self.due(operation, &state)
        if state.isTracing {
            state.trace.append("\(state.operations) \(operation.rawValue) \(path) \(due.map { "\($0)" } ?? "")")
        }
        switch due {
        case .crash:
            state.isDead = true
            return .fails(failure, partIn256: state.generator.below(257))
        case .error: return .fails(failure, partIn256: operation == .write ? state.generator.below(257) : 0)
        case .full:
            return .fails(
                .system(ENOSPC, operation.rawValue, path: path),
                partIn256: operation == .write ? state.generator.below(256) : 0)
        case nil: return .proceeds
        }
    }

    private static func due(_ operation: Fault.Operation, _ state: inout State) -> Fault.Kind? {
        var due: Fault.Kind?
        for index in state.faults.indices where state.faults[index].operation ?? operation == operation {
            state.faults[index].ordinal -= 1
            if state.faults[index].ordinal <= 0, due == nil || state.faults[index].kind == .crash {
                due = state.faults[index].kind
            }
        }
        state.faults.removeAll { $0.ordinal <= 0 }
        if case .full(let operations) = due {
            state.fullFor = operations
            due = nil
        }
        if operation == .sync, let fail = state.failSyncAt, state.syncs >= fail { return due ?? .error }
        if due == nil, state.fullFor > 0, operation.takesRoom {
            state.fullFor -= 1
            return .full(operations: 0)
        }
        return due
    }

    /// Carries out an operation that is done as a whole or not at all.
    private static func perform(
        _ operation: Fault.Operation, _ path: String, _ state: inout State, _ body: (inout State) -> Void
    ) throws(LogError) {
        switch try step(operation, path, &state) {
        case .proceeds: body(&state)
        case .fails(let error, let part):
            if part > 128 { body(&state) }
            throw error
        }
    }

    // MARK: Disk

    package func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        try state.withLock { (state) throws(LogError) in
            if state.folderNumbers[path] == nil {
                guard create else { throw .system(ENOENT, "opendir", path: path) }
                try Self.makeFolder(path, &state)
            }
            return state.folderNumbers[path].flatMap { state.folders[$0]?.current.keys.sorted() } ?? []
        }
    }

    private static func makeFolder(_ path: String, _ state: inout State) throws(LogError) {
        let (above, name) = split(path)
        let parent = makeRoot(above, &state)
        try perform(.makeFolder, path, &state) { state in
            let number = state.nextNumber
            state.nextNumber += 1
            state.folders[number] = FolderImage()
            state.folderNumbers[path] = number
            state.folders[parent]?.change(.link(name, number))
        }
    }

    private static func removeFolder(_ path: String, _ state: inout State) {
        let (above, name) = split(path)
        guard let parent = state.folderNumbers[above] else { return }
        state.folderNumbers[path] = nil
        state.folders[parent]?.change(.unlink(name))
    }

    package func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile {
        let number = try state.withLock { (state) throws(LogError) in
            if let number = Self.file(path, state) {
                if access == .recovering { state.files[number]?.dropCleanPages() }
                return number
            }
            let (above, name) = Self.split(path)
            guard access != .readOnly, let folder = state.folderNumbers[above] else {
                throw .system(ENOENT, "open", path: path)
            }
            let number = state.nextNumber
            state.nextNumber += 1
            try Self.perform(.create, path, &state) { state in
                state.files[number] = FileImage()
                state.folders[folder]?.change(.link(name, number))
            }
            return number
        }
        return SimulatedFile(disk: self, number: number, path: path)
    }

    package func rename(_ path: String, to newPath: String) throws(LogError) {
        try state.withLock { (state) throws(LogError) in
            guard let number = Self.file(path, state), let folder = state.folderNumbers[Self.split(path).folder] else {
                throw .system(ENOENT, "rename", path: path)
            }
            try Self.perform(.rename, path, &state) { state in
                state.folders[folder]?.change(
                    .rename(Self.split(path).name, to: Self.split(newPath).name, number))
            }
        }
    }

    package func remove(_ path: String) throws(LogError) {
        try state.withLock { (state) throws(LogError) in
            if let number = state.folderNumbers[path] {
                guard state.folders[number]?.current.isEmpty ?? true else {
                    throw .system(ENOTEMPTY, "remove", path: path)
                }
                return try Self.perform(.remove, path, &state) { Self.removeFolder(path, &$0) }
            }
            let (above, name) = Self.split(path)
            guard Self.file(path, state) != nil, let folder = state.folderNumbers[above] else { return }
            try Self.perform(.remove, path, &state) { $0.folders[folder]?.change(.unlink(name)) }
        }
    }

    package func syncAll(_ path: String) throws(LogError) {
        try state.withLock { (state) throws(LogError) in
            if case .fails(let error, _) = try Self.step(.syncFolder, path, &state) { throw error }
            for number in state.files.keys { state.files[number]?.sync() }
            for number in state.folders.keys { state.folders[number]?.sync() }
        }
    }

    package func syncDirectory(_ path: String) throws(LogError) {
        try state.withLock { (state) throws(LogError) in try Self.syncFolder(path, &state) }
    }

    private static func syncFolder(_ path: String, _ state: inout State) throws(LogError) {
        guard let folder = state.folderNumbers[path] else { throw .system(ENOENT, "open", path: path) }
        switch try step(.syncFolder, path, &state) {
        case .proceeds: state.folders[folder]?.sync()
        case .fails(let error, _): throw error
        }
    }
}
