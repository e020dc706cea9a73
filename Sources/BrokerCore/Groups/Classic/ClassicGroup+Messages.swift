extension ClassicGroup {
    /// Who a member says it is.
    package struct Identity: Sendable, Hashable {
        package var memberId: String
        package var instanceId: String?
        package var generation: Int32

        package init(memberId: String, instanceId: String? = nil, generation: Int32) {
            self.memberId = memberId
            self.instanceId = instanceId
            self.generation = generation
        }

        /// Who is in no group.
        package static let nobody = Identity(memberId: "", generation: -1)

        /// A client that assigns its partitions itself and only keeps its positions here.
        var isNobody: Bool { memberId.isEmpty && instanceId == nil && generation < 0 }
    }

    /// JoinGroup.
    package struct Join: Sendable {
        /// Empty for a newcomer.
        package var memberId: String
        package var instanceId: String?
        package var client: GroupClient
        package var sessionTimeout: Duration
        package var rebalanceTimeout: Duration
        package var protocolType: String
        /// Best first.
        package var protocols: [GroupProtocol]
        /// Whether a newcomer is to come again with the id it is given (JoinGroup 4 and up).
        package var requiresKnownMember: Bool
        /// Whether a leader understands that it is not to assign (JoinGroup 9 and up).
        package var canSkipAssignment: Bool

        package init(
            memberId: String, instanceId: String?, client: GroupClient, sessionTimeout: Duration,
            rebalanceTimeout: Duration, protocolType: String, protocols: [GroupProtocol], requiresKnownMember: Bool,
            canSkipAssignment: Bool
        ) {
            self.memberId = memberId
            self.instanceId = instanceId
            self.client = client
            self.sessionTimeout = sessionTimeout
            self.rebalanceTimeout = rebalanceTimeout
            self.protocolType = protocolType
            self.protocols = protocols
            self.requiresKnownMember = requiresKnownMember
            self.canSkipAssignment = canSkipAssignment
        }
    }

    /// SyncGroup.
    package struct Sync: Sendable {
        package var identity: Identity
        /// What the member believes was chosen; nil for one that does not say.
        package var protocolType: String?
        package var protocolName: String?
        /// The leader's, by member id.
        package var assignments: [String: [UInt8]]

        package init(
            identity: Identity, protocolType: String?, protocolName: String?, assignments: [String: [UInt8]]
        ) {
            self.identity = identity
            self.protocolType = protocolType
            self.protocolName = protocolName
            self.assignments = assignments
        }
    }

    /// What a member that has joined is told.
    package struct Joined: Sendable, Equatable {
        package var memberId: String
        package var generation: Int32
        package var protocolType: String?
        package var protocolName: String?
        package var leader: String
        /// Whether the leader is only to look at what there is.
        package var skipsAssignment = false
        /// All members, for the leader; none for others.
        package var members: [Peer]

        package struct Peer: Sendable, Equatable {
            package var memberId: String
            package var instanceId: String?
            package var metadata: [UInt8]
        }
    }

    /// What is answered to a request.
    package enum Answer: Sendable, Equatable {
        case joined(Joined)
        case synced(protocolType: String?, protocolName: String?, assignment: [UInt8])
        case done
        /// `memberId` is the id to join with where the refusal is `.memberIdRequired`.
        case refused(GroupRefusal, memberId: String)
    }
}
