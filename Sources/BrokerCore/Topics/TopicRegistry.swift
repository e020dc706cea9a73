import Logging
import Records
import SegmentedLog
import Settings
import Synchronization

/// The topics of a data directory: makes and deletes them one at a time, and knows their open logs.
actor TopicRegistry {
    private let directory: String
    private let disk: any Disk
    private let logger: Logger
    private let opener: LogOpener
    private let file: ChecksummedFile
    private let configFile: ChecksummedFile
    private nonisolated let shared: Mutex<BrokerConfig>
    private nonisolated let open = Mutex(OpenTopics())
    private var descriptions: [String: TopicDescription] = [:]
    /// Withdrawn topics whose folders are not gone yet.
    private var going: [String: Topic] = [:]
    private var isClosed = false

    init(directory: String, settings: EmbeddedSettings, disk: any Disk, gate: FlushGate, logger: Logger) {
        self.directory = directory
        self.disk = disk
        self.logger = logger
        opener = LogOpener(directory: directory, disk: disk, gate: gate, logger: logger)
        file = TopicCatalog.file(directory, disk)
        configFile = BrokerConfigFile.file(directory, disk)
        shared = Mutex(BrokerConfig(settings: settings))
    }

    private struct OpenTopics {
        private(set) var byName: [String: Topic] = [:]
        private(set) var byId: [String: Topic] = [:]

        mutating func set(_ name: String, to topic: Topic?) {
            if let old = byName[name] { byId[old.description.id] = nil }
            byName[name] = topic
            if let topic { byId[topic.description.id] = topic }
        }
    }

    /// What topics follow where they set nothing.
    nonisolated var config: BrokerConfig { shared.withLock { $0 } }

    /// The topics that are open, by name.
    nonisolated var topics: [String: Topic] { open.withLock { $0.byName } }

    nonisolated func topic(named name: String) -> Topic? { open.withLock { $0.byName[name] } }

    nonisolated func topic(id: String) -> Topic? { open.withLock { $0.byId[id] } }

    /// Opens the logs of all topics, and ends deletions that were begun.
    func load(cleanShutdown: Bool) throws(BrokerError) {
        // What the process before left in the page cache is about to be taken for the truth and told to clients.
        if !cleanShutdown {
            // The first may be told of an earlier process's failed write-back, or a stranger's; the second tells what is so now.
            if (try? disk.syncAll(directory)) == nil {
                try inBrokerTerms("cannot sync \(directory)") { () throws(LogError) in try disk.syncAll(directory) }
            }
        }
        let changed = try BrokerConfigFile.load(configFile)
        shared.withLock { $0.changed = changed }
        for description in try TopicCatalog.load(file) { descriptions[description.name] = description }
        let known = descriptions.values.sorted { $0.name < $1.name }
        for topic in try opener.open(known, inheriting: config, cleanShutdown: cleanShutdown) {
            if topic.description.isDeleting {
                do throws(BrokerError) {
                    try remove(topic)
                } catch {
                    guard error.code == .diskFull else { throw error }
                    going[topic.name] = topic
                    logger.warning("topic '\(topic.name)' stays half deleted until there is room: \(error)")
                }
            } else {
                open.withLock { $0.set(topic.name, to: topic) }
            }
        }
        // A crash may have left folders that are in the catalog unmade until now.
        try syncFolders()
    }

    /// The topic of that name, made durably if there is none; an existing one is as it is.
    func ensure(_ name: String, partitions: Int32, config: TopicConfig) throws(BrokerError) -> Topic {
        if !isClosed, let existing = topic(named: name) { return existing }
        try check(name, partitions: partitions)
        // Its logs could not be opened when it was made.
        if let halfMade = descriptions[name] { return try openNew(halfMade) }
        let description = TopicDescription(
            name: name, id: TopicDescription.randomId(), partitionCount: partitions, config: config)
        try requireNoFolders(of: description.partitions)
        try save(replacing: description)
        return try openNew(description)
    }

    /// Checks what `ensure` would check of a new topic.
    private func check(_ name: String, partitions: Int32) throws(BrokerError) {
        try TopicName.validate(name)
        try Self.checkCount(partitions, of: name)
        guard !isClosed else { throw BrokerError(.closed, "the broker is closed") }
        guard going[name] == nil else {
            throw BrokerError(.invalid, "topic '\(name)' is only half deleted; delete it again first")
        }
    }

    /// A folder that belongs to no topic is nobody's to take over: its records would be the new topic's.
    private func requireNoFolders(of partitions: some Sequence<TopicPartition>) throws(BrokerError) {
        for partition in partitions {
            let folder = TopicDescription.folder(partition)
            guard (try? disk.openDirectory(directory + "/" + folder, create: false)) != nil else { continue }
            throw BrokerError(
                .invalid, "\(directory) has a folder '\(folder)' that belongs to no topic; move it away first")
        }
    }

    private static func checkCount(_ partitions: Int32, of name: String) throws(BrokerError) {
        guard (1...TopicCatalog.partitionCountMax).contains(partitions) else {
            throw BrokerError(
                .invalidPartitionCount,
                "topic '\(name)': \(partitions) partitions; 1 to \(TopicCatalog.partitionCountMax) are possible")
        }
    }

    /// Makes a topic durably.
    /// - Parameter isTrial: it is only checked whether it could be made.
    /// - Throws: `.topicExists` where there is one; as `ensure`.
    func create(
        _ name: String, partitions: Int32, config: TopicConfig, isTrial: Bool
    ) throws(BrokerError) -> TopicDescription {
        try check(name, partitions: partitions)
        guard topic(named: name) == nil else { throw BrokerError(.topicExists, "topic '\(name)' exists already") }
        guard isTrial else { return try ensure(name, partitions: partitions, config: config).description }
        return TopicDescription(name: name, id: TopicDescription.noId, partitionCount: partitions, config: config)
    }

    /// Gives a topic more partitions, durably. After an error the same call may be made again; a start after a crash ends it.
    /// - Throws: `.invalidPartitionCount` unless there are fewer now.
    func grow(_ name: String, to count: Int32, isTrial: Bool) throws(BrokerError) {
        let (topic, known) = try known(name)
        var description = known
        try Self.checkCount(count, of: name)
        // More than the topic has where an earlier growth found no room for its logs.
        guard count > topic.description.partitionCount, count >= description.partitionCount else {
            throw BrokerError(
                .invalidPartitionCount,
                "topic '\(name)' has \(description.partitionCount) partitions, and none is taken away")
        }
        guard !isTrial else { return }
        description.partitionCount = count
        try requireNoFolders(of: description.partitions.dropFirst(Int(known.partitionCount)))
        try save(replacing: description)
        let config = description.logConfig(inheriting: self.config)
        let added = try opener.open(
            description.partitions.dropFirst(topic.partitions.count).map { ($0, config) }, cleanShutdown: true)
        try syncFolders()
        _ = publish(
            Topic(
                description: description, partitions: topic.partitions + added, isCompacted: topic.isCompacted))
    }

    /// Changes what a topic sets for itself, durably; its open logs follow at once.
    /// - Throws: what `change` throws: nothing changed then.
    func configure(
        _ name: String, isTrial: Bool, _ change: (inout TopicConfig) throws(BrokerError) -> Void
    ) throws(BrokerError) {
        let (topic, known) = try known(name)
        var description = known
        try change(&description.config)
        guard !isTrial, description.config != known.config else { return }
        // On a full disk it may be what makes room.
        try save(replacing: description, spending: opener.gate.ballast)
        var published = topic.description
        published.config = description.config
        republish(topic, as: published)
    }

    /// Changes what topics follow, durably; open logs follow at once.
    /// - Throws: what `change` throws: nothing changed then.
    func configureBroker(
        isTrial: Bool, _ change: (inout BrokerConfig) throws(BrokerError) -> Void
    ) throws(BrokerError) {
        guard !isClosed else { throw BrokerError(.closed, "the broker is closed") }
        let known = config
        var changed = known
        try change(&changed)
        guard !isTrial, changed != known else { return }
        try BrokerConfigFile.save(changed.changed, to: configFile, spending: opener.gate.ballast)
        shared.withLock { $0 = changed }
        for topic in topics.values { republish(topic, as: topic.description) }
    }

    /// Shows a topic with this description, and lets its logs be kept as that says.
    private func republish(_ topic: Topic, as description: TopicDescription) {
        let config = description.logConfig(inheriting: self.config)
        for partition in topic.partitions { partition.log.config = config }
        _ = publish(
            Topic(
                description: description, partitions: topic.partitions, isCompacted: config.cleanupPolicy.compacts))
    }

    /// A topic that is open and not the broker's own.
    private func known(_ name: String) throws(BrokerError) -> (Topic, TopicDescription) {
        guard !isClosed else { throw BrokerError(.closed, "the broker is closed") }
        guard let topic = topic(named: name), let description = descriptions[name] else {
            throw BrokerError(.unknownTopic, "topic '\(name)' does not exist")
        }
        guard !topic.isInternal else { throw BrokerError(.invalid, "topic '\(name)' is the broker's own") }
        return (topic, description)
    }

    /// Marks the topic as going and withdraws it; `remove` ends that. A topic that is going already is returned again.
    func withdraw(_ name: String) throws(BrokerError) -> Topic {
        guard !isClosed else { throw BrokerError(.closed, "the broker is closed") }
        if let withdrawn = going[name] { return withdrawn }
        guard let topic = topic(named: name), var description = descriptions[name] else {
            throw BrokerError(.unknownTopic, "topic '\(name)' does not exist")
        }
        guard !topic.isInternal else { throw BrokerError(.invalid, "topic '\(name)' is the broker's own") }
        description.isDeleting = true
        try save(replacing: description, spending: opener.gate.ballast)
        open.withLock { $0.set(name, to: nil) }
        going[name] = topic
        // Who waits for records here need not wait for the end of its time.
        for partition in topic.partitions { partition.wakeWaiters() }
        return topic
    }

    /// Removes a withdrawn topic's folders, then its entry.
    func remove(_ topic: Topic) throws(BrokerError) {
        for partition in topic.partitions {
            try Self.removeFolder(of: partition.id) { () throws(LogError) in try partition.log.delete() }
        }
        // Those of a growth that came to an end halfway.
        for id in descriptions[topic.name]?.partitions.dropFirst(topic.partitions.count) ?? [] {
            let folder = directory + "/" + TopicDescription.folder(id)
            try Self.removeFolder(of: id) { () throws(LogError) in try PartitionLog.removeFolder(folder, disk) }
        }
        try syncFolders()
        var remaining = descriptions
        remaining[topic.name] = nil
        try TopicCatalog.save(Array(remaining.values), to: file, spending: opener.gate.ballast)
        descriptions = remaining
        going[topic.name] = nil
    }

    private static func removeFolder(
        of id: TopicPartition, _ remove: () throws(LogError) -> Void
    ) throws(BrokerError) {
        do throws(LogError) {
            try remove()
        } catch {
            // Gone already in an earlier attempt, or never made.
            if error.code != .notFound { throw BrokerError(error, "cannot delete \(id)") }
        }
    }

    /// Closes all logs; the first error is thrown after all were tried. Returns false when they were closed already.
    func close() throws(BrokerError) -> Bool {
        guard !isClosed else { return false }
        isClosed = true
        let partitions = topics.values.flatMap(\.partitions)
        let failures = PartitionLog.close(partitions.map(\.log), gate: opener.gate)
        let failed = zip(partitions, failures).compactMap { partition, error in error.map { (partition, $0) } }
        // One that says more than that there is no room comes first.
        if let (partition, error) = failed.first(where: { $0.1.code != .diskFull }) ?? failed.first {
            throw BrokerError(error, "cannot close \(partition.id)")
        }
        return true
    }

    private func openNew(_ description: TopicDescription) throws(BrokerError) -> Topic {
        let opened = try opener.open([description], inheriting: config, cleanShutdown: true)
        guard let topic = opened.first else { throw BrokerError(.closed, "topic '\(description.name)' was not opened") }
        try syncFolders()
        return publish(topic)
    }

    private func publish(_ topic: Topic) -> Topic {
        open.withLock { $0.set(topic.name, to: topic) }
        return topic
    }

    private func save(
        replacing description: TopicDescription, spending ballast: Ballast = .none
    ) throws(BrokerError) {
        var changed = descriptions
        changed[description.name] = description
        try TopicCatalog.save(Array(changed.values), to: file, spending: ballast)
        descriptions = changed
    }

    /// Makes the entries of the partitions' folders durable.
    private func syncFolders() throws(BrokerError) {
        try inBrokerTerms("cannot sync \(directory)") { () throws(LogError) in try disk.syncDirectory(directory) }
    }
}
