import Dispatch
import Glibc

/// Ends the process with exit code 1 unless it is lifted in time. Nothing is lost by it: the next start continues from the last commit.
///
/// On a dispatch timer, as a stage that blocks in a write may hold every thread that tasks run on.
struct StopLimit {
    private let end: DispatchWorkItem

    init(_ limit: Duration) {
        end = DispatchWorkItem {
            complain(
                "sluice: not stopped within \(limit); nothing is lost: the next start continues from the last commit")
            _exit(1)
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + (limit / .seconds(1)), execute: end)
    }

    func lift() { end.cancel() }
}
