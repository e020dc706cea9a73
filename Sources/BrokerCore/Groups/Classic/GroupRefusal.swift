/// Why a group of Kafka's protocol does not do what a client asks.
package enum GroupRefusal: Error, Hashable, Sendable {
    /// The group's name cannot be one.
    case invalidGroup
    /// Nobody of that id is in the group: it has to join anew.
    case unknownMember
    /// A newcomer is to join with the id it is given here (KIP-394).
    case memberIdRequired
    /// Another process has joined with the same `group.instance.id` since (KIP-345).
    case fencedInstance
    case illegalGeneration
    /// The members are to join anew.
    case rebalanceInProgress
    /// No protocol is supported by all members, or the group is one of this process's stages.
    case inconsistentProtocol
    /// The session timeout is outside of what the broker allows.
    case invalidSessionTimeout
    /// The group, or all groups together, hold as much as they may.
    case groupFull
    /// The broker stops, or the client has gone while it waited.
    case notAvailable
    /// The group has members.
    case notEmpty
    /// There is no such group.
    case unknownGroup
}
