import Foundation

/// A temporary folder that goes with its last reference.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sluice-broker-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A copy of a data directory as it is now: what a process killed at this moment would leave behind. It begins anew where a file is renamed while it is made.
    static func crashed(_ directory: String) throws -> TestFolder {
        for _ in 1..<copiesMax {
            do {
                return try copied(directory)
            } catch CocoaError.fileReadNoSuchFile {
            } catch CocoaError.fileNoSuchFile {}
        }
        return try copied(directory)
    }

    private static let copiesMax = 100

    private static func copied(_ directory: String) throws -> TestFolder {
        let copy = try TestFolder()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: directory, toPath: copy.path)
        return copy
    }
}
