import Synchronization
import TestSupport

/// Takes one copy of a data directory at the first moment it is told to.
final class CrashCopy: Sendable {
    private let copy = Mutex<TemporaryFolder?>(nil)

    var folder: TemporaryFolder? { copy.withLock { $0 } }

    func take(_ directory: String) {
        copy.withLock { copy in
            // A copy that fails leaves nil, which the test sees.
            if copy == nil { copy = try? TemporaryFolder.crashed(directory) }
        }
    }
}
