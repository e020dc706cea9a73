extension ServerProperties {
    /// Keys that are accepted with a warning, since they say nothing about one broker on one machine. A name that ends with `.*` stands for all that begin so.
    static let withoutEffect: [ConfigKey] = [
        (
            ["zookeeper.*", "broker.id.generation.enable", "reserved.broker.max.id"],
            "there is no ZooKeeper: one broker knows its topics by itself"
        ),
        (
            [
                "process.roles", "controller.quorum.*", "controller.quota.window.num",
                "controller.quota.window.size.seconds", "controller.socket.timeout.ms", "controlled.shutdown.*",
                "metadata.*", "broker.heartbeat.interval.ms", "broker.session.timeout.ms",
                "initial.broker.registration.timeout.ms", "server.max.startup.time.ms",
                "unstable.api.versions.enable", "unstable.feature.versions.enable", "control.plane.listener.name",
            ], "there is no controller and no quorum: one broker knows its topics by itself"
        ),
        (
            [
                "default.replication.factor", "min.insync.replicas", "replica.*", "num.replica.*",
                "unclean.leader.election.*", "auto.leader.rebalance.enable", "leader.imbalance.*",
                "offsets.topic.replication.factor", "transaction.state.log.replication.factor",
                "transaction.state.log.min.isr", "share.coordinator.state.topic.replication.factor",
                "share.coordinator.state.topic.min.isr", "inter.broker.listener.name", "inter.broker.protocol.version",
                "request.timeout.ms", "broker.rack", "follower.*", "leader.replication.*",
                "alter.log.dirs.replication.*", "eligible.leader.replicas.enable", "replication.quota.window.num",
                "replication.quota.window.size.seconds", "socket.connection.setup.timeout.ms",
                "socket.connection.setup.timeout.max.ms",
            ], "there is one broker, and each partition has one replica"
        ),
        (
            [
                "num.network.threads", "num.io.threads", "num.recovery.threads.per.data.dir", "background.threads",
                "queued.max.requests", "log.cleaner.threads", "log.cleaner.dedupe.buffer.size",
                "log.cleaner.io.buffer.size", "log.cleaner.io.buffer.load.factor",
                "log.cleaner.io.max.bytes.per.second", "log.cleaner.backoff.ms",
            ], "threads and buffers are as many as the work needs"
        ),
        (
            ["socket.send.buffer.bytes", "socket.receive.buffer.bytes", "socket.listen.backlog.size"],
            "the kernel sizes the buffers of a socket itself"
        ),
        (
            [
                "offsets.topic.*", "offsets.load.buffer.size", "offsets.commit.*", "offset.metadata.max.bytes",
                "transaction.state.log.*", "share.coordinator.*",
            ], "positions and transactions are kept in topics of one partition that the broker shapes itself"
        ),
        (
            [
                "log.flush.scheduler.interval.ms", "log.flush.offset.checkpoint.interval.ms",
                "log.flush.start.offset.checkpoint.interval.ms",
            ], "syncs and checkpoints go together"
        ),
        (
            [
                "log.roll.jitter.hours", "log.roll.jitter.ms", "log.segment.delete.delay.ms", "log.preallocate",
                "log.index.size.max.bytes", "log.message.format.version", "log.message.downconversion.enable",
                "log.dir.failure.timeout.ms", "log.initial.task.delay.ms", "producer.purgatory.*", "fetch.purgatory.*",
                "delete.records.purgatory.*", "max.incremental.fetch.session.cache.slots",
                "connection.failed.authentication.delay.ms", "quota.window.*", "compression.*",
                "max.request.partition.size.limit",
            ], "it tunes what works another way here"
        ),
        (
            [
                "offsets.retention.check.interval.ms", "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                "transaction.remove.expired.transaction.cleanup.interval.ms",
                "transaction.partition.verification.enable",
            ], "what is due is done when it is due"
        ),
        (
            [
                "log.message.timestamp.after.max.ms", "log.message.timestamp.before.max.ms",
                "log.message.timestamp.difference.max.ms",
            ], "timestamps are taken as they are"
        ),
        (
            ["metric.reporters", "metrics.*", "auto.include.jmx.reporter", "kafka.metrics.*", "telemetry.*"],
            "metrics are not reported through Java's classes"
        ),
    ].flatMap { ConfigKey.withoutEffect($0.0, $0.1) }

    /// Keys that ask for what is not here, and that nobody should believe to be kept.
    static let refused: [ConfigKey] = [
        (
            [
                "ssl.*", "sasl.*", "authorizer.*", "super.users", "allow.everyone.if.no.acl.found", "listener.name.*",
                "security.*", "principal.*", "password.*", "delegation.*", "early.start.listeners",
                "connections.max.reauth.ms",
            ], "TLS, SASL and ACLs are to come; listen on an address that only this machine reaches"
        ),
        (
            ["max.connections.per.ip", "max.connections.per.ip.overrides", "max.connection.creation.rate"],
            "limit all connections together with 'max.connections'"
        ),
        (
            ["remote.log.*", "remote.fetch.*", "remote.list.*", "log.local.retention.*"],
            "everything is kept on this machine's disk"
        ),
        (["client.quota.*", "quota.*"], "there are no quotas"),
        (
            ["group.coordinator.*", "group.consumer.*", "group.share.*", "group.streams.*"],
            "groups follow the classic protocol"
        ),
        (
            [
                "config.providers", "config.providers.*", "broker.interceptor.*", "create.topic.policy.class.name",
                "alter.config.policy.class.name", "client.quota.callback.class", "replica.selector.class",
            ],
            "no Java class can be loaded"
        ),
        (["producer.id.*", "transaction.two.phase.commit.enable"], "leave it out"),
    ].flatMap { ConfigKey.planned($0.0, $0.1) }

    /// What refused keys are set to where they ask for nothing, by name; an empty value never does.
    private static let harmless = [
        "remote.log.storage.system.enable": "false", "transaction.two.phase.commit.enable": "false",
        "allow.everyone.if.no.acl.found": "true", "connections.max.reauth.ms": "0", "ssl.client.auth": "none",
        "group.coordinator.rebalance.protocols": "classic", "max.connections.per.ip": "2147483647",
        "max.connection.creation.rate": "2147483647",
    ]

    /// Whether a key asks for what is the case anyway.
    package static func isHarmless(_ name: String, _ value: String) -> Bool {
        value.isEmpty || harmless[name] == value.lowercased()
    }

    /// The key of that name, or the longest pattern that stands for it.
    package static func key(named name: String) -> ConfigKey? {
        let matching = keys.filter { key in
            key.name == name || (key.name.hasSuffix(".*") && name.hasPrefix(key.name.dropLast(1)))
        }
        return matching.first { $0.name == name } ?? matching.max { $0.name.count < $1.name.count }
    }
}
