/// What a broker runs by that is served to Kafka's clients alone. What is nil is as the broker has it by itself.
package struct BrokerSettings: Sendable, Equatable {
    /// The log, and where clients are served.
    package var embedded = EmbeddedSettings()
    /// The folder of the log.
    package var dataDirectory: String?
    /// The broker's number, which clients are told.
    package var nodeId: Int?
    /// The longest request, in bytes.
    package var requestBytesMax: Int?
    /// The memory of all requests together, in bytes.
    package var requestMemoryMax: Int?
    /// The bytes of records in one answer to a fetch.
    package var fetchBytesMax: Int?
    /// The connections at a time.
    package var connectionsMax: Int?
    /// A connection on which nothing happens for so long is closed.
    package var connectionIdleMax: Duration?
    /// How long the first join of an empty group is held back.
    package var groupInitialRebalanceDelay: Duration?
    /// The session timeouts that a member may ask for.
    package var sessionTimeoutMin: Duration?
    package var sessionTimeoutMax: Duration?
    /// The members of one group.
    package var groupMembersMax: Int?
    /// How long positions outlive their group's last member.
    package var offsetsRetention: Duration?
    /// The longest a transaction may be asked to last.
    package var transactionTimeoutMax: Duration?
    /// A transactional id that was not used for so long is forgotten.
    package var transactionalIdExpiration: Duration?

    /// The broker's own settings.
    package init() {}
}
