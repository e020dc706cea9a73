import CRdKafka

/// Asks a cluster to change its topics, configurations and groups, and what they are. Its methods block.
package final class AdminClient: Sendable {
    let handle: ClientHandle

    package init(_ configuration: ClientConfiguration) throws(KafkaClientError) {
        // A consumer without a group: unlike a producer it makes no topic by asking for it.
        var role = ClientHandle.Role(type: RD_KAFKA_CONSUMER)
        role.properties = ["isolation.level": "read_uncommitted"]
        handle = try ClientHandle(configuration, role: role, events: ClientEvents(log: configuration.log))
    }

    /// What the cluster tells of itself.
    package var cluster: ClusterView { ClusterView(handle: handle) }
}
