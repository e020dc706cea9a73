import NIOPosix

/// Threads on which requests are carried out: they read files, open logs and decompress batches, and the pool of Swift's tasks, which has one thread for each core, would stand still for
/// as long. With more of them than cores the kernel gives a heartbeat its time beside requests that take seconds.
final class RequestThreads: TaskExecutor {
    static let shared = RequestThreads()

    private static let count = 16
    private let pool = NIOThreadPool(numberOfThreads: count)

    private init() { pool.start() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { [self] _ in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
