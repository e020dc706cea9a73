import Dispatch
import Logging
import Records
import SegmentedLog
import Synchronization

/// Deletes old segments and compacts topics, from time to time, on a thread of its own: it reads and writes whole segments.
final class LogMaintenance: Sendable {
    private let queue = DispatchQueue(label: "sluice.log-maintenance", qos: .utility)
    private let registry: TopicRegistry
    private let ballast: Ballast
    private let logger: Logger
    /// What else is done in each run.
    private let besides: @Sendable () async -> Void
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(registry: TopicRegistry, ballast: Ballast, logger: Logger, besides: @escaping @Sendable () async -> Void) {
        self.registry = registry
        self.ballast = ballast
        self.logger = logger
        self.besides = besides
    }

    func start(every interval: Duration) {
        let loop = Task { [weak self] in
            while (try? await Task.sleep(for: interval)) != nil {
                guard let self else { return }
                await self.run()
            }
        }
        task.withLock { $0 = loop }
    }

    /// Stops and waits for the run under way.
    func stop() async {
        let loop = task.withLock { task in
            defer { task = nil }
            return task
        }
        loop?.cancel()
        await loop?.value
        // And for what a change of a topic has begun.
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    /// Looks after a topic soon: something about it has changed.
    func hurry(_ topic: Topic) {
        queue.async { for partition in topic.partitions { self.maintain(partition) } }
    }

    /// One run over all partitions.
    func run() async {
        await withCheckedContinuation { continuation in
            queue.async {
                for partition in self.registry.topics.values.flatMap(\.partitions) { self.maintain(partition) }
                // Before another program takes the room.
                self.ballast.refill()
                continuation.resume()
            }
        }
        await besides()
    }

    private func maintain(_ partition: Partition) {
        let log = partition.log
        do throws(LogError) {
            try log.applyRetention(now: systemMilliseconds())
            if log.isWorthCompacting(now: systemMilliseconds()) { try log.compact() }
        } catch {
            // A log closed or deleted meanwhile, or a disk without room for the copy: the next run tries again.
            if error.code != .closed { logger.warning("maintenance of \(partition.id): \(error)") }
        }
    }
}
