import Foundation
import TestSupport

extension TemporaryFolder {
    /// A copy of a data directory as it is now: what a process killed at this moment would leave behind. It begins anew where a file is renamed while it is made.
    static func crashed(_ directory: String) throws -> TemporaryFolder {
        for _ in 1..<copiesMax {
            do {
                return try copied(directory)
            } catch CocoaError.fileReadNoSuchFile {
            } catch CocoaError.fileNoSuchFile {}
        }
        return try copied(directory)
    }

    private static var copiesMax: Int { 100 }

    private static func copied(_ directory: String) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: directory, toPath: copy.path)
        return copy
    }
}
