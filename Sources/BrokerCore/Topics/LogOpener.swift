import Dispatch
import Logging
import Records
import SegmentedLog
import Synchronization

/// Opens the logs of topics, as many at a time as there are cores: what it takes is reading some small files, and at the first time making them durable.
struct LogOpener: Sendable {
    let directory: String
    let disk: any Disk
    let gate: FlushGate
    let logger: Logger

    /// The topics with their logs open, in the same order. Blocks the caller.
    /// - Throws: the error of the first log, by topic and number, that cannot be opened.
    func open(
        _ topics: [TopicDescription], inheriting broker: BrokerConfig, cleanShutdown: Bool
    ) throws(BrokerError) -> [Topic] {
        let configs = topics.map { $0.logConfig(inheriting: broker) }
        let wanted = zip(topics, configs).flatMap { topic, config in topic.partitions.map { ($0, config) } }
        let partitions = try open(wanted, cleanShutdown: cleanShutdown)
        var rest = partitions[...]
        return zip(topics, configs).map { topic, config in
            defer { rest = rest.dropFirst(Int(topic.partitionCount)) }
            return Topic(
                description: topic, partitions: Array(rest.prefix(Int(topic.partitionCount))),
                isCompacted: config.cleanupPolicy.compacts)
        }
    }

    /// The same of single partitions.
    func open(
        _ wanted: [(TopicPartition, LogConfig)], cleanShutdown: Bool
    ) throws(BrokerError) -> [Partition] {
        let results = Mutex([Result<PartitionLog, LogError>?](repeating: nil, count: wanted.count))
        DispatchQueue.concurrentPerform(iterations: wanted.count) { index in
            let (id, config) = wanted[index]
            let result = Result { () throws(LogError) in
                try PartitionLog.open(
                    directory: directory + "/" + TopicDescription.folder(id), topicPartition: id, config: config,
                    disk: disk, gate: gate, cleanShutdown: cleanShutdown)
            }
            results.withLock { $0[index] = result }
        }
        var partitions: [Partition] = []
        partitions.reserveCapacity(wanted.count)
        for (result, (id, _)) in zip(results.withLock({ $0 }), wanted) {
            // Each has one by now.
            guard let result else { continue }
            let log: PartitionLog
            do throws(LogError) {
                log = try result.get()
            } catch {
                let folder = directory + "/" + TopicDescription.folder(id)
                let advice =
                    error.code == .diskFull ? "make room" : "move '\(folder)' away to start without its records"
                throw BrokerError(error, "cannot open \(id); \(advice)")
            }
            for damage in log.damage { logger.error("\(damage)") }
            if log.truncatedBytes > 0 {
                logger.warning("\(id): a torn tail of \(log.truncatedBytes) bytes was cut off")
            }
            partitions.append(Partition(id: id, log: log))
        }
        return partitions
    }
}
