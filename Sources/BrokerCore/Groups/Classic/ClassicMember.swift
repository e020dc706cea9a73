/// One member of a group of Kafka's classic protocol.
struct ClassicMember: Sendable {
    /// Chosen by the broker.
    let id: String
    /// A static member's own name (`group.instance.id`).
    let instanceId: String?
    /// Rises with each member: the oldest comes first.
    let number: Int
    var client: GroupClient
    var sessionTimeout: Duration
    var rebalanceTimeout: Duration
    /// Best first.
    var protocols: [GroupProtocol]
    var assignment: [UInt8] = []
    /// The JoinGroup or SyncGroup of its that waits for an answer.
    var waiting: Waiting?
    /// Whether its client can come back as this member: one that has not been told its id cannot.
    var isKnown: Bool

    enum Waiting: Equatable {
        case join(ClassicGroup.Waiter)
        case sync(ClassicGroup.Waiter)
    }

    var isJoining: Bool {
        if case .join = waiting { true } else { false }
    }

    var isSyncing: Bool {
        if case .sync = waiting { true } else { false }
    }

    func knows(_ name: String) -> Bool { protocols.contains { $0.name == name } }

    func metadata(of name: String?) -> [UInt8] { protocols.first { $0.name == name }?.metadata ?? [] }

    /// About what it takes in memory.
    var sizeInBytes: Int {
        Self.overheadBytes + 2 * id.utf8.count + (instanceId?.utf8.count ?? 0) + client.id.utf8.count
            + GroupProtocol.sizeInBytes(protocols) + assignment.count
    }

    private static let overheadBytes = 512
}

/// A way of assigning partitions that a member knows, and what it tells its leader for it.
package struct GroupProtocol: Sendable, Hashable {
    package var name: String
    package var metadata: [UInt8]

    package init(name: String, metadata: [UInt8]) {
        self.name = name
        self.metadata = metadata
    }

    private static let overheadBytes = 64

    static func sizeInBytes(_ protocols: [GroupProtocol]) -> Int {
        protocols.reduce(0) { $0 + overheadBytes + $1.name.utf8.count + $1.metadata.count }
    }
}

/// Who a member is, for people to look at.
package struct GroupClient: Sendable, Hashable {
    /// What it calls itself.
    package var id: String
    /// Where it comes from.
    package var host: String

    package init(id: String, host: String) {
        self.id = id
        self.host = host
    }
}
