import Synchronization

/// Whose the names of groups, or of transactional producers, are: this process and Kafka's clients share them, and use none at the same time. Every call may come from any thread.
final class NameClaims: Sendable {
    /// Who uses a name.
    enum User: Sendable {
        /// The stages and pipelines of this process.
        case process
        /// Kafka's clients.
        case clients
    }

    private let claims = Mutex<[String: (user: User, count: Int)]>([:])

    /// Counts one more claim of the name, each of which is to be released; false, and nothing counted, where the other user has it.
    func claim(_ name: String, for user: User) -> Bool {
        claims.withLock { claims in
            let present = claims[name] ?? (user, 0)
            guard present.user == user else { return false }
            claims[name] = (user, present.count + 1)
            return true
        }
    }

    func release(_ name: String) {
        claims.withLock { claims in
            guard let present = claims[name] else { return }
            claims[name] = present.count > 1 ? (present.user, present.count - 1) : nil
        }
    }

    /// Who has the name; nil where it is free.
    func user(of name: String) -> User? { claims.withLock { $0[name]?.user } }
}
