import Foundation
import TestSupport

/// A program out of Debian packages that `make test` has unpacked and not installed.
struct UnpackedProgram {
    let path: String
    private let folder: String

    /// Finds a program; nil where its packages are not unpacked.
    init?(_ name: String, in packages: String) {
        folder = Program.root + "/.build/unpacked/\(packages)"
        path = folder + "/usr/sbin/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else { return nil }
    }

    /// The folder in which a file of that name is, such as a module of the program.
    func folder(of file: String) -> String? {
        files.first { ($0 as NSString).lastPathComponent == file }.map { ($0 as NSString).deletingLastPathComponent }
    }

    /// Starts it with the libraries that came with it.
    func start(_ arguments: [String]) throws -> Program {
        let libraries = Set(files.filter { $0.contains(".so.") }.map { ($0 as NSString).deletingLastPathComponent })
        return try Program(
            path, arguments, environment: ["LD_LIBRARY_PATH": libraries.sorted().joined(separator: ":")])
    }

    private var files: [String] {
        (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
    }
}
