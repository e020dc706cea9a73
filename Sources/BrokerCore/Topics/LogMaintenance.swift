import Dispatch
import Logging
import Records
import SegmentedLog
import Synchronization

/// Deletes old segments and compacts topics, from time to time, on a thread of its own: it reads and writes whole segments.
final class LogMaintenance: Sendable {
    private let queue = DispatchQueue(label: "sluice.log-maintenance", qos: .utility)
    private let registry: TopicRegistry
    private let logger: Logger
    private let task = Mutex<Task<Void, Never>?>(nil)
    /// The size of each compacted log after its last compaction: another is worth it once the log has grown by half.
    private let compactedBytes = Mutex<[TopicPartition: Int64]>([:])

    init(registry: TopicRegistry, logger: Logger) {
        self.registry = registry
        self.logger = logger
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
    }

    /// One run over all partitions.
    func run() async {
        await withCheckedContinuation { continuation in
            queue.async {
                for partition in self.registry.topics.values.flatMap(\.partitions) { self.maintain(partition) }
                continuation.resume()
            }
        }
    }

    private func maintain(_ partition: Partition) {
        let log = partition.log
        do throws(LogError) {
            try log.applyRetention(now: systemMilliseconds())
            guard log.config.cleanupPolicy == .compact, isWorthCompacting(partition) else { return }
            try log.compact()
            let size = log.sizeInBytes
            compactedBytes.withLock { $0[partition.id] = size }
        } catch {
            // A log closed or deleted meanwhile, or a disk without room for the copy: the next run tries again.
            if error.code != .closed { logger.warning("maintenance of \(partition.id): \(error)") }
        }
    }

    private func isWorthCompacting(_ partition: Partition) -> Bool {
        let before = compactedBytes.withLock { $0[partition.id] } ?? 0
        // The active segment is never compacted, so its growth alone is no reason.
        return partition.log.sizeInBytes > max(before + before / 2, Int64(partition.log.config.segmentBytes))
    }
}
