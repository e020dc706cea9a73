import KafkaProtocol
import Logging
import NIOCore

/// One connection on its event loop: frames what comes, and stops reading while too much of it waits for answers.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let service: Service
    private var assembler: FrameAssembler
    /// What has come and is not begun: no more than what was read before reading stopped, or at the connection's end.
    private var waiting = CircularBuffer<[UInt8]>()
    private var inFlight = 0
    private var isReading = true
    private var session: Session?

    init(_ service: Service) {
        self.service = service
        assembler = FrameAssembler(bytesMax: service.limits.requestBytesMax)
    }

    func channelActive(context: ChannelHandlerContext) {
        if session == nil { session = begin(context) }
    }

    /// A channel may already be active when its handler is added.
    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive, session == nil { session = begin(context) }
    }

    private func begin(_ context: ChannelHandlerContext) -> Session {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return Session(service, channel: context.channel) {
            bound.eventLoop.execute { bound.value.0.answered(bound.value.1) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(FrameAssembler.BadLength) {
            try assembler.append(unwrapInboundIn(data)) { waiting.append($0) }
        } catch {
            service.logger.warning("a connection from \(peer(context)) is closed: \(error)")
            context.close(promise: nil)
        }
        proceed(context)
    }

    private func answered(_ context: ChannelHandlerContext) {
        inFlight -= 1
        proceed(context)
    }

    /// Begins what may be begun, and reads on only while nothing waits for that.
    private func proceed(_ context: ChannelHandlerContext) {
        while inFlight < service.limits.requestsInFlightMax, let frame = waiting.popFirst() {
            inFlight += 1
            session?.receive(frame)
        }
        let readsOn = inFlight < service.limits.requestsInFlightMax
        guard readsOn != isReading, context.channel.isActive else { return }
        isReading = readsOn
        _ = context.channel.setOption(.autoRead, value: readsOn)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Records that no answer was wanted for may be among them.
        while let frame = waiting.popFirst() { session?.receive(frame) }
        session?.end()
        session = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func peer(_ context: ChannelHandlerContext) -> String {
        context.remoteAddress.map { "\($0)" } ?? "an unknown address"
    }
}
