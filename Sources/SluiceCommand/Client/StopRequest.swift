import Glibc
import Synchronization
import UnixSignals

/// Whether a run was asked to end, by SIGTERM or SIGINT; a second signal ends the process at once.
///
/// For threads that block: `descriptor` becomes readable with the request, for `poll`.
final class StopRequest: Sendable {
    let descriptor: Int32
    private let writeDescriptor: Int32
    private let requested = Atomic(false)
    private let overdue = Mutex<ContinuousClock.Instant?>(nil)

    /// How long what was begun may take to end in good order.
    static let limit = Duration.seconds(20)
    /// What of that is left to those who wait for others, to say what did not end.
    static let waitLimit = Duration.seconds(15)

    private init() throws {
        var descriptors: [Int32] = [-1, -1]
        guard pipe(&descriptors) == 0 else {
            throw CommandFailure("cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        descriptor = descriptors[0]
        writeDescriptor = descriptors[1]
    }

    deinit {
        close(descriptor)
        close(writeDescriptor)
    }

    var isRequested: Bool { requested.load(ordering: .acquiring) }

    /// Whether it was asked for so long ago that waiting for others must end.
    var isOverdue: Bool { isRequested && overdue.withLock { $0.map { ContinuousClock.now >= $0 } ?? false } }

    private func request() {
        overdue.withLock { $0 = .now + Self.waitLimit }
        requested.store(true, ordering: .releasing)
        var byte: UInt8 = 1
        // One byte into an empty pipe: it cannot block.
        write(writeDescriptor, &byte, 1)
    }

    /// Traps the signals while `body` runs; from the first one on it has `limit` to end.
    static func whileTrapped<Result: Sendable>(
        _ body: (StopRequest) async throws -> Result
    ) async throws -> Result {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let stop = try StopRequest()
        let (limits, limit) = AsyncStream<StopLimit>.makeStream()
        let watcher = Task {
            await watch(signals) { _ in
                limit.yield(StopLimit(Self.limit))
                stop.request()
            }
            limit.finish()
        }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(stop)) } catch { result = .failure(error) }
        watcher.cancel()
        for await limit in limits { limit.lift() }
        return try result.get()
    }
}
