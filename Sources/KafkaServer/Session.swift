import KafkaProtocol
import NIOCore

/// The requests of one connection. They are begun in their order, and answered in it: while an answer waits, for a disk or for records to come, what comes
/// behind it has begun already.
struct Session: Sendable {
    private let frames: AsyncStream<[UInt8]>.Continuation
    private let tasks: [Task<Void, Never>]

    /// - Parameter answered: called once per request, after its answer has been written or where it has none.
    init(_ service: Service, channel: any Channel, answered: @escaping @Sendable () -> Void) {
        let (requests, frames) = AsyncStream<[UInt8]>.makeStream()
        let (answers, results) = AsyncStream<Answer>.makeStream()
        self.frames = frames
        let work = Task {
            for await frame in requests {
                do throws(ProtocolError) {
                    results.yield(try await service.begin(frame))
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
                guard let bytes = await answer.bytes(), !Task.isCancelled else {
                    answered()
                    continue
                }
                // Written before the next is made: a slow reader holds one answer.
                guard (try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()) != nil else { break }
                answered()
            }
            try? await channel.close()
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
    /// Nothing.
    case none
    /// This frame.
    case ready([UInt8])
    /// What this work gives once it has waited.
    case later(@Sendable () async -> [UInt8])

    func bytes() async -> [UInt8]? {
        switch self {
        case .none: nil
        case .ready(let bytes): bytes
        case .later(let work): await work()
        }
    }
}
