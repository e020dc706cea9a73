import KafkaProtocol
import NIOCore
import Synchronization

/// The requests of one connection. They are begun in their order, and answered in it: while one waits for its turn or for the disk, those behind it have been
/// begun already. A fetch begins when its turn to be answered has come.
struct Session: Sendable {
    private let frames: AsyncStream<[UInt8]>.Continuation
    private let tasks: [Task<Void, Never>]

    /// The sessions that are not over.
    final class Count: Sendable {
        private struct State {
            var open = 0
            var waiter: CheckedContinuation<Void, Never>?
        }

        private let state = Mutex(State())

        func enter() { state.withLock { $0.open += 1 } }

        func leave() {
            let waiter = state.withLock { state in
                state.open -= 1
                guard state.open == 0 else { return nil as CheckedContinuation<Void, Never>? }
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }

        /// Returns when there is none. Called once, when no more begin.
        func waitForNone() async {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.open > 0 else { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        }
    }

    /// - Parameter answered: called once per request, after its answer has been written or where it has none.
    init(_ service: Service, channel: any Channel, answered: @escaping @Sendable () -> Void) {
        let (requests, frames) = AsyncStream<[UInt8]>.makeStream()
        let (answers, results) = AsyncStream<Answer>.makeStream()
        self.frames = frames
        service.sessions.enter()
        let host = channel.remoteAddress?.ipAddress ?? ""
        let work = Task {
            for await frame in requests {
                // Of a client that has left, only what it wanted to have written is carried out.
                guard !Task.isCancelled || Service.isProduce(frame) else { continue }
                do throws(ProtocolError) {
                    results.yield(try await service.begin(frame, from: host))
                } catch {
                    let peer = channel.remoteAddress.map { "\($0)" } ?? "an unknown address"
                    service.logger.warning("a connection from \(peer) is closed: \(error)")
                    break
                }
            }
            results.finish()
        }
        let sending = Task {
            for await answer in answers {
                guard !Task.isCancelled, let bytes = await answer.bytes() else {
                    answered()
                    continue
                }
                // Written before the next is made: a slow reader holds one answer.
                guard (try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()) != nil else {
                    results.finish()
                    break
                }
                answered()
            }
            // With it what comes in ends, and so does the work.
            try? await channel.close()
            await work.value
            service.sessions.leave()
        }
        tasks = [work, sending]
    }

    /// Takes in a request.
    func receive(_ frame: [UInt8]) { frames.yield(frame) }

    /// Gives up what is not answered yet.
    func end() {
        frames.finish()
        for task in tasks { task.cancel() }
    }
}

/// What a request comes to.
enum Answer: Sendable {
    /// This frame.
    case ready([UInt8])
    /// What this work gives once it has waited; nil where there is no answer.
    case later(@Sendable () async -> [UInt8]?)

    func bytes() async -> [UInt8]? {
        switch self {
        case .ready(let bytes): bytes
        case .later(let work): await work()
        }
    }
}
