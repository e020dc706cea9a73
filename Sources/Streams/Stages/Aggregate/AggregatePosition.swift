import BinderKit

/// What an aggregate's position carries beside the offset, so that a restart loses and doubles nothing.
struct AggregatePosition: Equatable {
    /// Everything of before this event time was emitted; milliseconds since the epoch, `Int64.min` when nothing was.
    var closedThrough = Int64.min
    /// Every record before this offset was counted, or rejected, or belongs to what was emitted.
    var seenThrough: Int64 = 0

    /// `closed=<milliseconds>;seen=<offset>`.
    var metadata: String {
        closedThrough == .min ? "seen=\(seenThrough)" : "closed=\(closedThrough);seen=\(seenThrough)"
    }

    init(closedThrough: Int64 = .min, seenThrough: Int64 = 0) {
        self.closedThrough = closedThrough
        self.seenThrough = seenThrough
    }

    /// Reads a position's metadata; there is none on a group's first start.
    init(_ position: InputPosition) throws(StageError) {
        guard !position.metadata.isEmpty else {
            seenThrough = position.offset
            return
        }
        var hasSeen = false
        for part in position.metadata.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let value = Int64(pair[1]) else { throw Self.unreadable(position) }
            switch pair[0] {
            case "closed": closedThrough = value
            case "seen":
                seenThrough = value
                hasSeen = true
            default: throw Self.unreadable(position)
            }
        }
        guard hasSeen, seenThrough >= 0 else { throw Self.unreadable(position) }
    }

    private static func unreadable(_ position: InputPosition) -> StageError {
        StageError(
            .failed,
            "the position of \(position.source) was not committed by an aggregate stage (it carries '\(position.metadata)'); "
                + "give the binding another group", name: "ForeignPosition")
    }
}
