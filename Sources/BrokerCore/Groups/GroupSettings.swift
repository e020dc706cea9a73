/// What governs the groups of Kafka's clients, and bounds what they may hold.
package struct GroupSettings: Sendable, Equatable {
    /// How long the first join of an empty group is held back, so that members started together share the first generation; each that comes
    /// meanwhile adds as much again, up to its rebalance timeout. Kafka's `group.initial.rebalance.delay.ms`, which is 3 s there: members of one machine
    /// are started within a moment of one another, and whoever starts just one waits for nobody.
    package var initialRebalanceDelay = Duration.milliseconds(300)
    /// What a member may ask for. Kafka's `group.min.session.timeout.ms`.
    package var sessionTimeoutMin = Duration.seconds(6)
    /// Kafka's `group.max.session.timeout.ms`.
    package var sessionTimeoutMax = Duration.seconds(1800)
    /// The members of one group, those included that were given an id and have not joined yet. Kafka's `group.max.size`.
    package var membersMax = 1000
    /// How long a group's positions outlive its last member, or its last commit where it has no members. Kafka's `offsets.retention.minutes`.
    package var offsetsRetention = Duration.seconds(7 * 86_400)
    /// The groups that are known besides their positions; where there are more, the one that has been empty longest is forgotten, and where none is, new ones
    /// are refused.
    package var groupsMax = 10_000
    /// The bytes of metadata and assignments that all members together hold; joins and assignments beyond are refused.
    package var heldBytesMax = 64 << 20

    package init() {}
}
