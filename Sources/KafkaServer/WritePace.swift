import NIOCore
import Synchronization

/// Whether event loops write batches themselves. A write into the page cache takes as long as copying does, until the disk falls behind and the kernel has writers wait for it: from
/// then on workers are to be held up and not a loop, which has other connections.
final class WritePace: Sendable {
    /// A megabyte is copied in less than a tenth of that.
    private let slowest: TimeAmount
    private let rest: TimeAmount
    private let restsUntil = Atomic<UInt64>(0)

    init(slowest: TimeAmount = .milliseconds(10), rest: TimeAmount = .seconds(1)) {
        self.slowest = slowest
        self.rest = rest
    }

    /// Whether no write on a loop has been held up of late.
    var isFast: Bool { restsUntil.load(ordering: .relaxed) <= NIODeadline.now().uptimeNanoseconds }

    /// Carries out what writes.
    func watch<Result>(_ write: () -> Result) -> Result {
        let start = NIODeadline.now()
        defer {
            let end = NIODeadline.now()
            if end - start > slowest { restsUntil.store((end + rest).uptimeNanoseconds, ordering: .relaxed) }
        }
        return write()
    }
}
