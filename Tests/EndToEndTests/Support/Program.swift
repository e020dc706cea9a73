import Foundation
import TestSupport

/// What these tests start: `sluice` itself, and the programs of the system around it.
typealias Program = ChildProcess

extension ChildProcess {
    /// The `sluice` that was built with these tests.
    static let sluice: String = {
        var folder = Bundle.main.bundleURL
        for _ in 0..<4 {
            let candidate = folder.appending(path: "sluice").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return ".build/debug/sluice"
    }()

    /// The repository's root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
}
