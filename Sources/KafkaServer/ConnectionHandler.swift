import KafkaProtocol
import Logging
import NIOCore

/// One connection on its event loop: frames what comes, and stops reading while too much of it waits for answers.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let service: Service
    private var assembler: FrameAssembler
    private var inFlight = 0
    private var session: Session?

    init(_ service: Service) {
        self.service = service
        assembler = FrameAssembler(bytesMax: service.limits.requestBytesMax)
    }

    func channelActive(context: ChannelHandlerContext) { session = begin(context) }

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
            try assembler.append(unwrapInboundIn(data)) { frame in
                inFlight += 1
                session?.receive(frame)
            }
        } catch {
            service.logger.warning("a connection from \(peer(context)) is closed: \(error)")
            context.close(promise: nil)
        }
        if inFlight >= service.limits.requestsInFlightMax {
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        inFlight -= 1
        if inFlight == service.limits.requestsInFlightMax - 1 {
            context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        session?.end()
        session = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func peer(_ context: ChannelHandlerContext) -> String {
        context.remoteAddress.map { "\($0)" } ?? "an unknown address"
    }
}
