import Synchronization

/// How to reach a cluster.
package struct ClientConfiguration: Sendable {
    /// `HOST:PORT`, several with commas between them; any of them leads to the whole cluster.
    package var bootstrapServers: String
    /// librdkafka's own properties by name, such as `security.protocol`; they win over what this module sets.
    package var properties: [String: String]
    /// Is handed every line librdkafka logs, on any thread.
    package var log: @Sendable (String) -> Void

    package init(
        bootstrapServers: String, properties: [String: String] = [:],
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.bootstrapServers = bootstrapServers
        self.properties = properties
        self.log = log
    }
}
