import Synchronization

/// Which way of membership a group's name is in use for: the stages of this process and Kafka's clients share positions, and never the partitions of one group.
final class GroupClaims: Sendable {
    enum Kind: Sendable {
        /// Members are of this process.
        case stages
        /// Members are Kafka's clients, with its classic protocol.
        case classic
    }

    private let claims = Mutex<[String: (kind: Kind, count: Int)]>([:])

    /// Counts one more user of the name; false where it is in use the other way.
    func claim(_ group: String, for kind: Kind) -> Bool {
        claims.withLock { claims in
            guard let present = claims[group] else {
                claims[group] = (kind, 1)
                return true
            }
            guard present.kind == kind else { return false }
            claims[group] = (kind, present.count + 1)
            return true
        }
    }

    func release(_ group: String) {
        claims.withLock { claims in
            guard let present = claims[group] else { return }
            claims[group] = present.count > 1 ? (present.kind, present.count - 1) : nil
        }
    }

    func kind(of group: String) -> Kind? { claims.withLock { $0[group]?.kind } }
}
