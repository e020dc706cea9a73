import Foundation

/// A folder that goes with its last reference.
///
/// All of a process lie in one folder, which goes at its exit. A run that was interrupted leaves that behind, until the next one begins.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = "\(Self.parent)/\(UUID().uuidString)"
        // Web servers look into it as other users.
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    deinit {
        // A log that a test has left open may be making a file in it just now.
        for _ in 0..<1000 {
            try? FileManager.default.removeItem(atPath: path)
            guard FileManager.default.fileExists(atPath: path) else { return }
            usleep(1000)
        }
    }

    /// The path of what has this name in it.
    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    private static let prefix = "sluice-tests-"

    /// Short, since a socket's path has 107 bytes at most (unix(7)).
    private static let parent: String = {
        let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
        removeLeftovers(in: base)
        // What is kept for all tests of a run has its last reference until the end.
        atexit { try? FileManager.default.removeItem(atPath: TemporaryFolder.parent) }
        return "\(base)/\(prefix)\(getpid())"
    }()

    /// Removes the folders of processes that are no more, an earlier one with this process's id among them.
    private static func removeLeftovers(in base: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where name.hasPrefix(prefix) {
            guard let pid = pid_t(name.dropFirst(prefix.count)), pid > 0 else { continue }
            guard pid == getpid() || kill(pid, 0) != 0 && errno == ESRCH else { continue }
            try? FileManager.default.removeItem(atPath: "\(base)/\(name)")
        }
    }
}
