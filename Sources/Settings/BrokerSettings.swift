/// What a broker runs by that is served to Kafka's clients alone. What is nil is as the broker has it by itself.
package struct BrokerSettings: Sendable, Equatable {
    /// The log, and where clients are served.
    package var embedded = EmbeddedSettings()
    /// The folder of the log.
    package var dataDirectory: String?
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

    /// The broker's own settings.
    package init() {}
}
