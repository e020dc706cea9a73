import Logging
import Records
import SegmentedLog

/// Forgets the positions of groups that nobody has been in for long, and of topics that a group has turned away from (KIP-211).
struct OffsetExpiry: Sendable {
    let offsets: OffsetStore
    let groups: ClassicGroups
    let claims: NameClaims
    let logger: Logger

    /// What keeps a group's positions.
    enum Membership: Equatable {
        /// Members, who read these topics; nil where that cannot be told now.
        case occupied(topics: Set<String>?)
        /// Nobody since then, in milliseconds since the epoch; nil where that is not known.
        case empty(since: Int64?)
    }

    /// The partitions whose positions are over at `now`. Of an empty group all are, or none: it was alive when it last committed anything.
    static func expired(
        _ commitTimes: [TopicPartition: Int64], of membership: Membership, now: Int64, retention: Duration
    ) -> [TopicPartition] {
        let limit = now - Int64(clamping: Int(retention / .milliseconds(1)))
        switch membership {
        case .occupied(nil): return []
        case .occupied(let topics?):
            return commitTimes.filter { !topics.contains($0.key.topic) && $0.value <= limit }.keys.sorted()
        case .empty(let since):
            let last = max(since ?? .min, commitTimes.values.max() ?? .min)
            return last <= limit ? commitTimes.keys.sorted() : []
        }
    }

    /// Looks at all groups once.
    func run(now: Int64 = systemMilliseconds()) async {
        for group in offsets.groups {
            // Without room for one there is none for the next, and a line for each would take what room there is.
            guard await expire(group, now) else { break }
        }
        groups.forgetEmpty(besides: Set(offsets.groups))
    }

    /// False where the disk takes nothing.
    private func expire(_ group: String, _ now: Int64) async -> Bool {
        guard claims.user(of: group) != .process else { return true }
        var membership = Membership.empty(since: groups.emptySince(group))
        if let machine = groups.machine(of: group), machine.isOccupied {
            membership = .occupied(topics: machine.state == .stable ? machine.subscribedTopics : nil)
        }
        let times = offsets.commitTimes(of: group)
        let over = Self.expired(times, of: membership, now: now, retention: groups.settings.offsetsRetention)
            .filter { !offsets.isPending($0, of: group) }
        guard !over.isEmpty else { return true }
        if case .empty = membership {
            // Nobody comes in before it is done.
            guard groups.beginCommit(group, by: .nobody) == nil else { return true }
        }
        defer { if case .empty = membership { groups.endCommit(group) } }
        do throws(BrokerError) {
            try await offsets.forget(over, of: group)
            logger.info("\(group): \(over.count) positions are forgotten, since nobody has used them for long")
        } catch {
            if error.code != .closed { logger.warning("\(group): positions that are over stay for now: \(error)") }
            return error.code != .diskFull && error.code != .io
        }
        return true
    }
}
