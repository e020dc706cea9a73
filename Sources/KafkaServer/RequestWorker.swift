import KafkaProtocol
import NIOCore
import Synchronization

/// Begins the requests of one connection, in their order, away from its event loop.
struct RequestWorker: Sendable {
    /// A request and the number of its answer.
    struct Request: Sendable {
        let frame: [UInt8]
        let number: AnswerQueue.Number
    }

    private let requests: AsyncStream<Request>.Continuation
    private let task: Task<Void, Never>
    private let unbegun: Unbegun
    /// The batches that the event loop has begun and that may not be in their logs yet. The worker's requests come after them.
    let appends = WaitGroup()

    /// - Parameters:
    ///   - host: where the requests come from.
    ///   - begun: called for each, with what it comes to.
    ///   - failed: called once, with the request that ends the connection and why; nothing is begun after it.
    init(
        _ service: Service, host: String, begun: @escaping @Sendable (AnswerQueue.Number, Answer) -> Void,
        failed: @escaping @Sendable (AnswerQueue.Number, ProtocolError) -> Void
    ) {
        let (stream, requests) = AsyncStream<Request>.makeStream()
        let unbegun = Unbegun()
        let appends = appends
        self.requests = requests
        self.unbegun = unbegun
        service.workers.enter()
        task = Task(executorPreference: RequestThreads.shared) {
            for await request in stream {
                // What a client that has left wanted to have done is done, and what it only wanted to know is not looked up.
                guard !Task.isCancelled || !Service.onlyAsks(request.frame) else {
                    begun(request.number, .ready(nil))
                    continue
                }
                await appends.wait()
                do throws(ProtocolError) {
                    let answer = try await service.begin(request.frame, from: host)
                    unbegun.count.subtract(1, ordering: .releasing)
                    begun(request.number, answer)
                } catch {
                    failed(request.number, error)
                    break
                }
            }
            service.workers.leave()
        }
    }

    /// Whether all that it has taken in has begun. Of the connection that a request has ended it never has.
    var isIdle: Bool { unbegun.count.load(ordering: .acquiring) == 0 }

    /// Takes in a request.
    func receive(_ request: Request) {
        unbegun.count.add(1, ordering: .relaxed)
        requests.yield(request)
    }

    private final class Unbegun: Sendable {
        let count = Atomic(0)
    }

    /// No more will come, and the client has left: what has come is begun all the same, and waits for nothing but the disk.
    func end() {
        requests.finish()
        task.cancel()
    }
}
