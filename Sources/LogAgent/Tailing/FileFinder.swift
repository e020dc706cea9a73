import Glibc

/// Finds the files that an input's patterns match.
struct FileFinder: Sendable {
    /// One file found.
    struct Match: Sendable {
        var path: String
        var facts: FileFacts
    }

    /// What one walk found.
    struct Findings: Sendable {
        /// Regular files by path.
        var files: [String: FileFacts] = [:]
        /// Folders in which a file may appear: those to watch.
        var folders: Set<String> = []
        /// What could not be looked at, by path.
        var problems: [String: String] = [:]

        /// The files in the order of their paths.
        var matches: [Match] {
            files.map { Match(path: $0.key, facts: $0.value) }.sorted { $0.path < $1.path }
        }
    }

    /// Folders nested deeper are not entered.
    static let depthMax = 64

    private let patterns: [GlobPattern]
    private let exclude: [GlobPattern]
    private let filesMax: Int

    /// - Throws: `.invalidPattern`
    init(paths: [String], exclude: [String], filesMax: Int) throws(LogAgentError) {
        patterns = try Self.compile(paths)
        self.exclude = try Self.compile(exclude)
        self.filesMax = filesMax
    }

    private static func compile(_ texts: [String]) throws(LogAgentError) -> [GlobPattern] {
        var result: [GlobPattern] = []
        for text in texts { result.append(try GlobPattern(text)) }
        return result
    }

    /// Whether a file at `path` would be found.
    func wants(_ path: String) -> Bool {
        patterns.contains { $0.matches(path) } && !exclude.contains { $0.matches(path) }
    }

    /// The patterns that none of the files found matches, as they were written.
    func unmatched(_ findings: Findings) -> [String] {
        patterns.filter { pattern in !findings.files.keys.contains { pattern.matches($0) } }.map(\.text)
    }

    /// Walks the file system.
    func find() -> Findings {
        var findings = Findings()
        for pattern in patterns {
            for components in pattern.alternatives { walk("", components[...], depth: 0, into: &findings) }
        }
        return findings
    }

    private func walk(
        _ folder: String, _ components: ArraySlice<GlobPattern.Component>, depth: Int, into findings: inout Findings
    ) {
        guard depth < Self.depthMax, let component = components.first else { return }
        let rest = components.dropFirst()
        switch component {
        case .literal(let name):
            let path = "\(folder)/\(name)"
            if rest.isEmpty {
                if case .success(let facts) = FileFacts.of(path: folder.isEmpty ? "/" : folder), facts.isDirectory {
                    findings.folders.insert(folder.isEmpty ? "/" : folder)
                }
                take(path, isNamedInFull: true, into: &findings)
            } else {
                walk(path, rest, depth: depth + 1, into: &findings)
            }
        case .wildcard:
            list(folder, into: &findings) { entry, findings in
                guard GlobPattern.matches(name: entry.name, component) else { return }
                let path = "\(folder)/\(entry.name)"
                if rest.isEmpty {
                    take(path, isNamedInFull: false, into: &findings)
                } else if entry.mayBeFolder {
                    walk(path, rest, depth: depth + 1, into: &findings)
                }
            }
        case .anyFolders:
            walk(folder, rest, depth: depth, into: &findings)
            list(folder, into: &findings) { entry, findings in
                // Symbolic links are not followed here: they may lead back up.
                guard entry.isFolder, !entry.name.hasPrefix(".") else { return }
                walk("\(folder)/\(entry.name)", components, depth: depth + 1, into: &findings)
            }
        }
    }

    private func take(_ path: String, isNamedInFull: Bool, into findings: inout Findings) {
        guard findings.files[path] == nil, !exclude.contains(where: { $0.matches(path) }) else { return }
        switch FileFacts.of(path: path) {
        case .success(let facts) where facts.isRegular:
            guard findings.files.count < filesMax else {
                findings.problems[path] = "left alone: the input has \(filesMax) files already"
                return
            }
            findings.files[path] = facts
        case .success(let facts):
            // What a wildcard happens to match beside files is nobody's mistake.
            if isNamedInFull {
                findings.problems[path] = facts.isDirectory ? "is a folder, not a file" : "is not a regular file"
            }
        case .failure(let error):
            if !error.isAbsence { findings.problems[path] = "cannot be looked at: \(error)" }
        }
    }

    /// One name in a folder.
    struct Entry {
        var name: String
        var inode: UInt64
        var isFolder: Bool
        /// Whether it is a folder or a link that may lead to one.
        var mayBeFolder: Bool
    }

    private func list(_ folder: String, into findings: inout Findings, _ body: (Entry, inout Findings) -> Void) {
        let path = folder.isEmpty ? "/" : folder
        do throws(SystemError) {
            let entries = try Self.entries(of: path)
            findings.folders.insert(path)
            for entry in entries { body(entry, &findings) }
        } catch {
            if !error.isAbsence { findings.problems[path] = "cannot be listed: \(error)" }
        }
    }

    /// The names in a folder; those that are not UTF-8 are left out.
    static func entries(of folder: String) throws(SystemError) -> [Entry] {
        guard let stream = opendir(folder) else { throw SystemError(errno) }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while let pointer = readdir(stream) {
            let entry = pointer.pointee
            // Only the bytes of this entry are there, which may be fewer than the structure's.
            guard
                let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name),
                let name = String(
                    validatingCString: UnsafeRawPointer(pointer).advanced(by: offset)
                        .assumingMemoryBound(to: CChar.self)),
                name != ".", name != ".."
            else { continue }
            let kind = Int(entry.d_type)
            entries.append(
                Entry(
                    name: name, inode: UInt64(entry.d_ino), isFolder: kind == Int(DT_DIR),
                    mayBeFolder: kind == Int(DT_DIR) || kind == Int(DT_LNK) || kind == Int(DT_UNKNOWN)))
        }
        return entries
    }
}
