import Foundation
import Settings

/// Finds the YAML files behind the paths a user gave, and reads them.
struct ConfigFiles {
    /// One file to read.
    struct File {
        /// The path as the user gave it, or that of the folder given and the rest.
        var path: String
        /// The profile the file is a variant for; nil for a file that always counts.
        var profile: String?
    }

    /// A larger file is refused: it is no configuration.
    static let bytesMax = 4 << 20

    /// The profiles that are on, in order.
    let profiles: [String]
    private(set) var files: [File] = []
    private(set) var skipped: [String] = []
    private(set) var findings: [Diagnostic] = []

    /// Lists the files of all paths: a file as it is, a folder with all it holds, sorted.
    init(paths: [String], profiles: [String]) {
        self.profiles = profiles
        var seen: Set<String> = []
        for path in paths {
            for file in list(path) where seen.insert(file.path).inserted { files.append(file) }
        }
    }

    private mutating func list(_ path: String) -> [File] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            findings.append(Self.missing(path, "file or folder"))
            return []
        }
        guard isFolder.boolValue else {
            return [File(path: path, profile: nil)] + variants(of: path)
        }
        let names = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
            .filter { name in Self.isYAML(name) && !name.split(separator: "/").contains { $0.hasPrefix(".") } }
            .sorted()
        if names.isEmpty {
            let message = "the folder holds no .yaml or .yml file: put one there, or name another folder"
            findings.append(Diagnostic(.error, message, at: SourceLocation(file: path)))
        }
        let base = path.hasSuffix("/") ? path : path + "/"
        let stems = Set(names.map(Self.stem))
        return names.compactMap { name in
            guard let profile = Self.profile(of: Self.stem(name), beside: stems) else {
                return File(path: base + name, profile: nil)
            }
            guard profiles.contains(profile) else {
                skipped.append(base + name)
                return nil
            }
            return File(path: base + name, profile: profile)
        }
    }

    /// The variants of a single file that the profiles turn on.
    private func variants(of path: String) -> [File] {
        profiles.flatMap { profile in
            ["yaml", "yml"].map { "\(Self.stem(path))-\(profile).\($0)" }
                .filter { FileManager.default.fileExists(atPath: $0) }
                .map { File(path: $0, profile: profile) }
        }
    }

    /// The profile of `name-<profile>`, if `name` is a file as well.
    private static func profile(of stem: String, beside stems: Set<String>) -> String? {
        var rest = stem[...]
        while let dash = rest.lastIndex(of: "-") {
            rest = rest[..<dash]
            if stems.contains(String(rest)) { return String(stem[stem.index(after: dash)...]) }
        }
        return nil
    }

    private static func isYAML(_ name: String) -> Bool { name.hasSuffix(".yaml") || name.hasSuffix(".yml") }

    private static func stem(_ path: String) -> String {
        for suffix in [".yaml", ".yml"] where path.hasSuffix(suffix) { return String(path.dropLast(suffix.count)) }
        return path
    }

    private static func missing(_ path: String, _ kind: String) -> Diagnostic {
        Diagnostic(
            .error,
            "there is no such \(kind): correct the path (a relative one begins in the folder where sluice is started)",
            at: SourceLocation(file: path))
    }

    /// The text of a file.
    static func text(_ path: String) throws(Diagnostic) -> String {
        let place = SourceLocation(file: path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw missing(path, "file")
        }
        guard !isFolder.boolValue else {
            throw Diagnostic(.error, "this is a folder: name the file in it", at: place)
        }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { handle.closeFile() }
            data = try handle.read(upToCount: bytesMax + 1) ?? Data()
        } catch {
            throw Diagnostic(.error, "the file cannot be read: \(error.localizedDescription)", at: place)
        }
        guard data.count <= bytesMax else {
            throw Diagnostic(
                .error, "a configuration file has at most \(ConfigType.render(bytes: bytesMax))", at: place)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Diagnostic(.error, "the file is not UTF-8 text", at: place)
        }
        return text
    }
}
