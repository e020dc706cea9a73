/// A group as its members see it, whichever way they are members.
package struct GroupDescription: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package var id: String
        package var instanceId: String?
        package var client: GroupClient
        /// What it told its leader, as the protocol type has it.
        package var metadata: [UInt8]
        /// What it was assigned, likewise.
        package var assignment: [UInt8]
    }

    package var name: String
    package var state: ClassicGroup.State
    /// "consumer" for consumers and stages; empty for a group that only keeps positions.
    package var protocolType: String
    /// How partitions are assigned; empty unless the group is stable.
    package var protocolName: String
    /// The oldest first.
    package var members: [Member]
}
