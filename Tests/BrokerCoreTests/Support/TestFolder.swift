import Foundation

/// A temporary folder that goes with its last reference.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sluice-broker-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A copy of a data directory as it is now: what a process killed at this moment would leave behind.
    static func crashed(_ directory: String) throws -> TestFolder {
        let copy = try TestFolder()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: directory, toPath: copy.path)
        return copy
    }
}
