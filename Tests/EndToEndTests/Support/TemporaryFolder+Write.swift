import Foundation
import TestSupport

extension TemporaryFolder {
    /// Writes a file, and the folders on the way to it; its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = self(name)
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: file))
        return file
    }
}
