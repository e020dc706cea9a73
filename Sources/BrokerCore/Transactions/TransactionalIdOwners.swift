import Synchronization

/// Who has which transactional id: producers in this process and those of clients share the names.
final class TransactionalIdOwners: Sendable {
    enum Owner: String {
        case process = "a pipeline of this process"
        case client = "a Kafka client"
    }

    private struct Holder {
        let owner: Owner
        var claims = 0
    }

    private let holders = Mutex<[String: Holder]>([:])

    /// The id is the owner's until each claim is released.
    /// - Throws: `.inUse` where the other kind has it.
    func claim(_ id: String, for owner: Owner) throws(BrokerError) {
        let other = holders.withLock { holders -> Owner? in
            var holder = holders[id] ?? Holder(owner: owner)
            guard holder.owner == owner else { return holder.owner }
            holder.claims += 1
            holders[id] = holder
            return nil
        }
        if let other {
            throw BrokerError(.inUse, "transactional id '\(id)' is that of \(other.rawValue): choose another")
        }
    }

    func release(_ id: String) {
        holders.withLock { holders in
            guard var holder = holders[id] else { return }
            holder.claims -= 1
            holders[id] = holder.claims > 0 ? holder : nil
        }
    }
}
