/// The files of one input, by what they are and by what they are called, and the generations whose files are out of sight.
struct FileTable {
    /// Files tailed.
    private(set) var byIdentity: [FileIdentity: TailedFile] = [:]
    /// The same files by their present path.
    private(set) var byPath: [String: TailedFile] = [:]
    /// Generations without a file in sight. They are kept: a folder that vanished may come back.
    private(set) var vanished: [FileIdentity: Generation] = [:]
    /// When each of them vanished, by a count of such events.
    private var vanishedOrder: [FileIdentity: Int] = [:]
    private var vanishings = 0

    var files: Dictionary<FileIdentity, TailedFile>.Values { byIdentity.values }

    mutating func add(_ file: TailedFile) {
        byIdentity[file.generation.identity] = file
        byPath[file.generation.path] = file
    }

    mutating func move(_ file: TailedFile, to path: String) {
        if byPath[file.generation.path] === file { byPath[file.generation.path] = nil }
        file.generation.path = path
        byPath[path] = file
    }

    mutating func remove(_ file: TailedFile) {
        byIdentity[file.generation.identity] = nil
        if byPath[file.generation.path] === file { byPath[file.generation.path] = nil }
    }

    /// The file whose present generation it is.
    func file(of id: UInt64) -> TailedFile? { files.first { $0.generation.id == id } }

    /// The generation of that number, in sight or not.
    func generation(_ id: UInt64) -> Generation? {
        file(of: id)?.generation ?? vanished.values.first { $0.id == id }
    }

    /// Remembers a generation whose file is out of sight. Returns the one that its inode belonged to before.
    mutating func keep(_ generation: Generation) -> Generation? {
        vanishings += 1
        vanishedOrder[generation.identity] = vanishings
        return vanished.updateValue(generation, forKey: generation.identity)
    }

    /// Takes back the generation of a file that has come in sight.
    mutating func recall(_ identity: FileIdentity) -> Generation? {
        vanishedOrder[identity] = nil
        return vanished.removeValue(forKey: identity)
    }

    /// Forgets the generation that has been out of sight for longest.
    mutating func forgetOldest() -> Generation? {
        vanishedOrder.min { $0.value < $1.value }.flatMap { recall($0.key) }
    }
}
