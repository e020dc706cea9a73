import Logging
import Records
import SegmentedLog
import Settings

/// A broker in this process: topics, consumer groups and transactions over one data directory, which it alone works on.
///
/// Every call may come from any task. After `close` all of them throw `.closed`.
package final class Broker: Sendable {
    /// The internal topics' segments are small, since the broker reads all of them when it opens.
    package static let internalSegmentBytesByDefault = 16 << 20

    /// The data directory.
    package let directory: String
    /// What tells this data directory from any other to Kafka's clients.
    package let clusterId: String
    let settings: EmbeddedSettings
    let registry: TopicRegistry
    /// The members that are this process's stages.
    let groups: GroupCoordinator
    /// The members that are Kafka's clients.
    package let classicGroups: ClassicGroups
    let offsets: OffsetStore
    let expiry: OffsetExpiry
    /// The clock of all that waits.
    package let timers = TimerWheel()
    /// The transactions of clients.
    package let wireTransactions: WireTransactionCoordinator
    let gate: FlushGate
    private let lock: DirectoryLock
    private let cleanShutdown: ChecksummedFile
    private let transactions: TransactionCoordinator
    let maintenance: LogMaintenance
    private let logger: Logger

    /// Opens the data directory, making it if need be: takes its lock, recovers the logs, and ends the transactions an earlier process left open.
    /// - Parameter transactionWaitMax: how long a step of a client's transaction waits for the one before it, and its end for its markers.
    /// - Throws: `.inUse` with the other process's id; `.corrupt` with the file; `.io`, `.diskFull`.
    package static func open(
        directory: String, settings: EmbeddedSettings = EmbeddedSettings(),
        groupSettings: GroupSettings = GroupSettings(),
        transactionSettings: TransactionSettings = TransactionSettings(), disk: any Disk = FileDisk(),
        transactionWaitMax: Duration = WireTransactionLimits.settleWaitMax,
        internalSegmentBytes: Int = internalSegmentBytesByDefault, ballastBytes: Int = Ballast.bytesByDefault,
        logger: Logger = Logger(label: "sluice.broker")
    ) async throws(BrokerError) -> Broker {
        let lock = try DirectoryLock(directory: directory)
        try TopicCatalog.requireCatalog(TopicCatalog.file(directory, disk))
        let ballast = openBallast(directory, disk, ballastBytes, logger)
        let gate = FlushGate(policy: settings.flushPolicy, ballast: ballast)
        let registry = TopicRegistry(
            directory: directory, settings: settings, disk: disk, gate: gate, logger: logger)
        let clusterId = try ClusterID.read(directory: directory, disk: disk, spending: ballast)
        let cleanShutdown = ChecksummedFile(
            directory: directory, name: "clean-shutdown", title: "sluice-clean-shutdown 1", disk: disk)
        let isClean = try cleanShutdown.read() != nil
        // Before anything is written: a crash from here on must be seen as one. Also where there is no such file: an earlier process may have died
        // between its removal, or the making of a folder, and the sync of the directory, and a power cut must not bring that back.
        try cleanShutdown.remove()
        try await registry.load(cleanShutdown: isClean)

        let config = TopicConfig(isCompacted: true, segmentBytes: internalSegmentBytes)
        let decisions = TransactionLog(
            partition: try await onlyPartition(of: TransactionRecord.topic, in: registry, config), gate: gate)
        let offsetsPartition = try await onlyPartition(of: OffsetRecord.topic, in: registry, config)
        let recovery = try TransactionRecovery(log: decisions, logger: logger)
        try await recovery.run(registry.topics.values.flatMap(\.partitions))
        let offsets = try OffsetStore(
            partition: offsetsPartition, gate: gate, logger: logger,
            outcome: { recovery.outcome(of: $0, in: offsetsPartition.id) })
        do throws(BrokerError) {
            // A crash between a topic's deletion and that of the groups' positions in it.
            try await offsets.forgetTopics { registry.topic(named: $0) == nil }
        } catch {
            guard error.code == .diskFull else { throw error }
            logger.warning("positions in deleted topics are kept until there is room: \(error)")
        }
        let services = TransactionServices(
            gate: gate, log: decisions, offsets: offsets,
            producerIds: try ProducerIds(directory: directory, disk: disk), waitMax: transactionWaitMax, logger: logger)
        let broker = try Broker(
            directory: directory, clusterId: clusterId, settings: settings, groupSettings: groupSettings,
            transactionSettings: transactionSettings, registry: registry, services: services, recovery: recovery,
            lock: lock, cleanShutdown: cleanShutdown)
        await broker.wireTransactions.resume()
        broker.maintenance.start(every: settings.maintenanceInterval)
        return broker
    }

    private static func openBallast(_ directory: String, _ disk: any Disk, _ bytes: Int, _ logger: Logger) -> Ballast {
        do throws(LogError) {
            return try Ballast(directory: directory, disk: disk, bytes: bytes)
        } catch {
            // It is a reserve: without it everything works but on a full disk.
            logger.warning("no room is held for a full disk: \(error)")
            return .none
        }
    }

    private init(
        directory: String, clusterId: String, settings: EmbeddedSettings, groupSettings: GroupSettings,
        transactionSettings: TransactionSettings, registry: TopicRegistry, services: TransactionServices,
        recovery: TransactionRecovery, lock: DirectoryLock,
        cleanShutdown: ChecksummedFile
    ) throws(BrokerError) {
        self.directory = directory
        self.clusterId = clusterId
        self.settings = settings
        self.registry = registry
        offsets = services.offsets
        gate = services.gate
        self.lock = lock
        self.cleanShutdown = cleanShutdown
        logger = services.logger
        let ids = NameClaims()
        transactions = TransactionCoordinator(services: services, recovery: recovery, ids: ids)
        let wireTransactions = try WireTransactionCoordinator(
            services: services, settings: transactionSettings, recovery: recovery, ids: ids, timers: timers,
            partition: { registry.topic(named: $0.topic)?[$0.partition] })
        self.wireTransactions = wireTransactions
        let claims = NameClaims()
        groups = GroupCoordinator(claims: claims)
        classicGroups = ClassicGroups(settings: groupSettings, timers: timers, claims: claims)
        let expiry = OffsetExpiry(offsets: offsets, groups: classicGroups, claims: claims, logger: logger)
        self.expiry = expiry
        maintenance = LogMaintenance(registry: registry, ballast: gate.ballast, logger: logger) {
            await wireTransactions.expire(now: systemMilliseconds())
            await expiry.run()
        }
    }

    private static func onlyPartition(
        of topic: String, in registry: TopicRegistry, _ config: TopicConfig
    ) async throws(BrokerError) -> Partition {
        let topic = try await registry.ensure(topic, partitions: 1, config: config)
        guard let partition = topic[0] else { throw BrokerError(.corrupt, "\(topic.name) has no partition") }
        return partition
    }

    /// Aborts open transactions, closes every log, and notes that nothing needs recovery. Members and sessions then find the broker closed.
    /// - Throws: the first error of a log; the data directory is then recovered when it is opened next. That there was no room to make that unnecessary is
    ///   no error: nothing is lost by it.
    package func close() async throws(BrokerError) {
        groups.close()
        classicGroups.close()
        await transactions.close()
        wireTransactions.close()
        await maintenance.stop()
        defer { lock.release() }
        defer { gate.close() }
        do throws(BrokerError) {
            guard try await registry.close() else { return }
            try cleanShutdown.replace(with: [], spending: gate.ballast)
        } catch {
            guard error.code == .diskFull else { throw error }
            logger.warning("the next start takes longer, since the disk is full: \(error)")
        }
    }

    // MARK: Topics

    /// All topics, internal ones included, by name.
    package var topics: [Topic] { registry.topics.values.sorted { $0.name < $1.name } }

    /// The open topic of that name, or nil; one that is being deleted is none.
    package func topic(named name: String) -> Topic? { registry.topic(named: name) }

    /// The topic of that id (`TopicDescription.id`), or nil.
    package func topic(id: String) -> Topic? { registry.topic(id: id) }

    /// The partition's log, or nil where there is no such partition.
    package func log(of source: TopicPartition) -> PartitionLog? {
        registry.topic(named: source.topic)?[source.partition]?.log
    }

    /// Returns the topic, made if there is none. An existing one is returned as it is, whatever is asked for.
    /// - Parameter partitions: at least this many and the settings' `minPartitionCount`.
    /// - Throws: `.invalid` for a bad name, `.invalidPartitionCount`; `.diskFull`, `.io`: the same call may be made again. `.closed`.
    package func ensureTopic(
        _ name: String, partitions: Int32? = nil, config: TopicConfig? = nil
    ) async throws(BrokerError) -> Topic {
        if let existing = topic(named: name) { return existing }
        let count = max(partitions ?? 1, Int32(clamping: settings.minPartitionCount))
        // What a commit that raced the deletion of an earlier topic of this name has left.
        try await offsets.forgetTopics { $0 == name && registry.topic(named: $0) == nil }
        return try await registry.ensure(name, partitions: count, config: config ?? TopicConfig())
    }

    /// Deletes a topic with its data and with all groups' positions in it. After an error the call may be made again.
    /// - Throws: `.unknownTopic`; `.invalid` for the broker's own; `.diskFull`, `.io`, `.closed`.
    package func deleteTopic(_ name: String) async throws(BrokerError) {
        let topic = try await registry.withdraw(name)
        for (group, members) in groups.snapshot() where members.subscribed.contains(where: { $0.topic == name }) {
            logger.warning(
                "topic '\(name)' is deleted, and stages of group '\(group)' read it: one of that name they read after the next start"
            )
        }
        groups.topicDeleted(name)
        var isForgotten = try await forgetPositions { $0 == name }
        try await registry.remove(topic)
        // Its records have made the room. Else the next topic of that name, or the next start, does it.
        if !isForgotten {
            isForgotten = try await forgetPositions { [registry] in $0 == name && registry.topic(named: $0) == nil }
        }
        if !isForgotten { logger.warning("positions in '\(name)', which was deleted, are kept until there is room") }
    }

    /// Returns false where there is no room for that.
    private func forgetPositions(where isGone: (String) -> Bool) async throws(BrokerError) -> Bool {
        do throws(BrokerError) {
            try await offsets.forgetTopics(where: isGone)
            return true
        } catch {
            guard error.code == .diskFull else { throw error }
            return false
        }
    }

    // MARK: Producing and consuming

    /// Appends a batch outside of any transaction and returns the offset of its first record, once it is as durable as the settings demand.
    /// - Throws: `.unknownTopic`; `.invalid` for the broker's own topics and what `PartitionLog.append` refuses; `.diskFull`: nothing was written; `.io`, `.closed`.
    package func append(_ batch: RecordBatch, to source: TopicPartition) async throws(BrokerError) -> Int64 {
        let append = try begin(appending: batch, to: source)
        try await waitUntilDurable([append])
        return append.baseOffset
    }

    /// Appends a batch and returns where it is, before it is durable: so that appends follow one another while earlier ones are waited for. A batch that its
    /// producer has sent before is not written again.
    /// - Parameters:
    ///   - transactionalId: of a client's producer. A transactional batch is taken while its transaction is open and has the partition.
    package func begin(
        appending batch: RecordBatch, to source: TopicPartition, transactionalId: String? = nil
    ) throws(BrokerError) -> PendingAppend {
        let log = try writable(source).log
        var mark: TransactionMark?
        if batch.header.isTransactional {
            guard let transactionalId else {
                throw BrokerError(.transactionState, "a transactional batch without a transactional id")
            }
            mark = log.transactionMark(of: batch.header.producerId)
            let identity = ProducerIdentity(id: batch.header.producerId, epoch: batch.header.producerEpoch)
            try wireTransactions.verify(transactionalId, identity, source)
        }
        let result = try inBrokerTerms("cannot append to \(source)") { () throws(LogError) in
            try log.append(batch, since: mark)
        }
        return PendingAppend(result, log)
    }

    /// As `begin(appending:to:)`, without holding up the caller, and for batches outside of transactions: `done` is called once, before this returns or by who has the log meanwhile.
    package func begin(
        appending batch: RecordBatch, to source: TopicPartition,
        done: @escaping @Sendable (Result<PendingAppend, BrokerError>) -> Void
    ) {
        do throws(BrokerError) {
            guard !batch.header.isTransactional else {
                throw BrokerError(.transactionState, "a transactional batch waits for its transaction to be looked up")
            }
            let log = try writable(source).log
            log.append(batch) { result in
                done(result.map { PendingAppend($0, log) }.mapError { BrokerError($0, "cannot append to \(source)") })
            }
        } catch {
            done(.failure(error))
        }
    }

    /// Returns once these are as durable as the settings demand; one round of syncs covers all that wait for it. Where somebody waits the sync is begun, so
    /// an append that nobody is told of has to be waited for as well.
    package func waitUntilDurable(_ appends: [PendingAppend]) async throws(BrokerError) {
        let logs = appends.map { ($0.log, through: $0.lastOffset) }
        try await gate.waitUntilDurable(logs, "cannot make an append durable")
    }

    /// As `waitUntilDurable`, without a task that waits: calls `done` once, at once or on one of the flush gate's threads, which it must not hold up.
    package func whenDurable(
        _ appends: [PendingAppend], _ done: @escaping @Sendable (Result<Void, BrokerError>) -> Void
    ) {
        gate.whenDurable(appends.map(\.log)) { result in
            done(result.mapError { BrokerError($0, "cannot make an append durable") })
        }
    }

    /// A producer id that nobody had before.
    package func newProducerId() async throws(BrokerError) -> Int64 { try await transactions.newProducerId() }

    /// Opens one member of a group; nil makes an anonymous group of one, which keeps no positions.
    /// - Parameters:
    ///   - start: where it begins in partitions without a position of the group.
    ///   - deliveryBytesMax: the bytes of batches in one delivery; the first batch comes whole all the same.
    /// - Throws: `.invalid` for a group's bad name, `.unknownTopic`; `.inUse` where Kafka's clients are in the group; `.closed`.
    package func join(
        group: String?, topics names: [String], start: StartOffset = .earliest, deliveryBytesMax: Int = 1 << 20
    ) throws(BrokerError) -> GroupMember {
        if let group, group.isEmpty || group.utf8.count > TopicName.lengthMax {
            throw BrokerError(.invalid, "a group's name has 1 to \(TopicName.lengthMax) bytes: '\(group)'")
        }
        var topics: [Topic] = []
        for name in names {
            guard let topic = topic(named: name) else {
                throw BrokerError(.unknownTopic, "topic '\(name)' does not exist")
            }
            topics.append(topic)
        }
        return try GroupMember(
            group: group, topics: topics, start: start, deliveryBytesMax: deliveryBytesMax, coordinator: groups,
            offsets: offsets, timers: timers, logger: logger)
    }

    /// Opens the producer of that transactional id; an older session of the same id is fenced, and what it left open is aborted.
    /// - Throws: `.invalid` for a bad id; `.inUse` where a Kafka client has it; `.diskFull`, `.io`: the same call may be made again; `.closed`.
    package func beginSession(transactionalId: String) async throws(BrokerError) -> TransactionHandle {
        let (producer, session) = try await transactions.openSession(transactionalId)
        return TransactionHandle(transactionalId: transactionalId, producer: producer, session: session) {
            [registry] (source) throws(BrokerError) in try Self.writable(source, in: registry)
        }
    }

    /// Runs retention and compaction now.
    package func runMaintenance() async { await maintenance.run() }

    private func writable(_ source: TopicPartition) throws(BrokerError) -> Partition {
        try Self.writable(source, in: registry)
    }

    private static func writable(_ source: TopicPartition, in registry: TopicRegistry) throws(BrokerError) -> Partition
    {
        guard let topic = registry.topic(named: source.topic) else {
            throw BrokerError(.unknownTopic, "topic '\(source.topic)' does not exist")
        }
        guard let partition = topic[source.partition] else {
            throw BrokerError(
                .unknownTopic,
                "topic '\(source.topic)' has \(topic.partitions.count) partitions, not a number \(source.partition)")
        }
        guard !topic.isInternal else { throw BrokerError(.invalid, "topic '\(source.topic)' is the broker's own") }
        return partition
    }
}

extension EmbeddedSettings {
    /// The log's policy for this setting.
    var flushPolicy: FlushPolicy {
        switch flush {
        case .always: .always
        case .interval: .interval(flushInterval)
        case .os: .os
        }
    }
}
