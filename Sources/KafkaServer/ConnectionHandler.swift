import KafkaProtocol
import Logging
import NIOCore

/// One connection on its event loop: frames what comes, has it begun by a worker unless it waits for nobody (decisions 16 and 17), and sends the answers in the requests' order.
///
/// It stops reading while too many of its requests wait for answers, while its client does not take the answers there are, and while the memory of all
/// requests is used up.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = IOData

    private let service: Service
    private var assembler: FrameAssembler
    /// What has come and was not looked at, as long as reading stands still.
    private var unread = ByteBuffer()
    private var answers = AnswerQueue()
    /// What each request in `answers` has taken of the memory of all, and what the one that is being read has.
    private var shares: CircularBuffer<RequestMemory.Share?> = []
    private var incomingShare: RequestMemory.Share?
    /// How many bytes the incoming one waits for.
    private var wish: Int?
    private var isReading = true
    /// Since when the rest of a request is waited for, not counting what stood still because of us.
    private var awaitingSince: NIODeadline?
    private var worker: RequestWorker?
    /// How many may still be answered at once before others have their turn on the loop.
    private var atOnceLeft = 0
    /// The work of the first answer.
    private var running: Task<Void, Never>?
    private var lastWrite: EventLoopFuture<Void>?
    /// The last request whose answer may be large: none is begun behind it before that is sent, so that a client that takes nothing holds one of them.
    private var asked: AnswerQueue.Number?
    /// The bytes of large answers that were written and have not gone to the client, and whether they were told of.
    private var untakenBytes = 0
    private var holdsUntaken = false
    /// The client has left, and the last of its requests are being carried out.
    private var isWindingUp = false

    init(_ service: Service) {
        self.service = service
        assembler = FrameAssembler(bytesMax: service.limits.requestBytesMax)
    }

    // MARK: Beginning and end

    func channelActive(context: ChannelHandlerContext) {
        if worker == nil { begin(context) }
    }

    /// A channel may already be active when its handler is added.
    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive, worker == nil { begin(context) }
    }

    private func begin(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let address = peer(context)
        let logger = service.logger
        worker = RequestWorker(service, host: context.remoteAddress?.ipAddress ?? "") { number, answer in
            if case .whenDone(let start) = answer {
                start { frame in
                    bound.eventLoop.execute { bound.value.0.finish(number, with: frame, bound.value.1) }
                }
            } else {
                bound.eventLoop.execute {
                    bound.value.0.take(answer, number, bound.value.1)
                    bound.value.0.proceed(bound.value.1)
                }
            }
        } failed: { number, error in
            logger.warning("a connection from \(address) is closed: \(error)")
            bound.eventLoop.execute {
                bound.value.0.answers.end(number)
                bound.value.0.proceed(bound.value.1)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard worker != nil else { return }
        // What came whole is carried out, though it was not looked at yet.
        if let wish, let share = incomingShare, !service.memory.withdraw(share) { add(wish) }
        wish = nil
        while let frame = try? nextFrame(context, waits: false) { receive(frame, context) }
        if let incomingShare { service.memory.give(incomingShare) }
        incomingShare = nil
        isWindingUp = true
        releaseUntaken()
        service.workers.enter()
        worker?.end()
        worker = nil
        running?.cancel()
        windUp(context)
    }

    /// Carries out what is left, in its order; the answers go nowhere.
    private func windUp(_ context: ChannelHandlerContext) {
        guard isWindingUp else { return }
        while let step = answers.next() {
            switch step {
            case .send: giveMemoryOfFirst()
            case .begin(let number, let work): run(work, number, context).cancel()
            case .end: return endWindingUp()
            }
        }
        if answers.count == 0 { endWindingUp() }
    }

    private func endWindingUp() {
        isWindingUp = false
        while !shares.isEmpty { giveMemoryOfFirst() }
        service.workers.leave()
    }

    private func giveMemoryOfFirst() {
        if let share = shares.popFirst() ?? nil { service.memory.give(share) }
    }

    /// The request is carried out: it needs no memory any more, wherever its answer stands in line.
    private func giveMemory(of number: AnswerQueue.Number) {
        guard let index = answers.index(of: number) else { return }
        let place = shares.index(shares.startIndex, offsetBy: index)
        if let share = shares[place] { service.memory.give(share) }
        shares[place] = nil
    }

    private func add(_ bytes: Int) {
        guard var share = incomingShare else { return }
        service.memory.add(bytes, to: &share)
        incomingShare = share
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? IdleStateHandler.IdleStateEvent {
        case .all?: context.close(promise: nil)
        case .read?:
            // Half a request holds memory that others may want. What stands still because of us is another matter.
            guard isReading, assembler.isWithin else { return }
            service.logger.warning(
                "a connection from \(peer(context)) is closed: the rest of a request did not come in \(service.limits.stallMax)"
            )
            context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func peer(_ context: ChannelHandlerContext) -> String {
        context.remoteAddress.map { "\($0)" } ?? "an unknown address"
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if unread.readableBytes == 0 { unread = buffer } else { unread.writeBuffer(&buffer) }
        proceed(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        proceed(context)
        context.fireChannelWritabilityChanged()
    }

    /// Does what can be done: sends answers, begins requests, and reads on only while nothing that has come waits for that.
    private func proceed(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return windUp(context) }
        send(context)
        atOnceLeft = service.limits.requestsInFlightMax
        do throws(FrameAssembler.BadLength) {
            while mayBegin(context), let frame = try nextFrame(context, waits: true) {
                receive(frame, context)
                send(context)
            }
        } catch {
            service.logger.warning("a connection from \(peer(context)) is closed: \(error)")
            unread.clear()
            context.close(promise: nil)
            return
        }
        guard isInTime() else {
            service.logger.warning(
                "a connection from \(peer(context)) is closed: a request of \(assembler.length) bytes comes too slowly")
            context.close(promise: nil)
            return
        }
        // Not before: to turn reading off and on costs two system calls, and what comes meanwhile is one buffer.
        let readsOn = unread.readableBytes == 0
        guard readsOn != isReading, context.channel.isActive else { return }
        isReading = readsOn
        _ = context.channel.setOption(.autoRead, value: readsOn)
    }

    /// Whether the rest of the request that has begun may still come. Looked at when some of it comes: where nothing does the idle time tells.
    private func isInTime() -> Bool {
        guard assembler.isWithin, unread.readableBytes == 0, wish == nil else {
            awaitingSince = nil
            return true
        }
        let now = NIODeadline.now()
        guard let since = awaitingSince else {
            awaitingSince = now
            return true
        }
        let seconds = Int64(assembler.length / max(service.limits.requestBytesPerSecondMin, 1))
        return now - since <= service.limits.stallMax + .seconds(seconds)
    }

    private func mayBegin(_ context: ChannelHandlerContext) -> Bool {
        wish == nil && answers.count < service.limits.requestsInFlightMax && context.channel.isWritable
            && asked.map(answers.isSent) ?? true
    }

    /// The next whole request; nil where its rest, or the memory for it, is not there yet.
    private func nextFrame(
        _ context: ChannelHandlerContext, waits: Bool
    ) throws(FrameAssembler.BadLength) -> [UInt8]? {
        while true {
            switch try assembler.next(&unread) {
            case .needsMore: return nil
            case .complete(let frame): return frame
            case .needsRoom(let bytes):
                guard waits else {
                    // What has come is no more than was read at once.
                    guard unread.readableBytes >= bytes else { return nil }
                    assembler.admit(bytes)
                    continue
                }
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                var share = incomingShare ?? service.memory.share(ofRequest: assembler.length)
                let isTaken = service.memory.take(bytes, for: &share) {
                    bound.eventLoop.execute { bound.value.0.granted(bound.value.1) }
                }
                incomingShare = share
                guard isTaken else {
                    wish = bytes
                    return nil
                }
                assembler.admit(bytes)
            }
        }
    }

    /// The memory that was waited for is there.
    private func granted(_ context: ChannelHandlerContext) {
        // The connection may have ended meanwhile, and given it back.
        guard let wish else { return }
        self.wish = nil
        add(wish)
        assembler.admit(wish)
        proceed(context)
    }

    private func receive(_ frame: [UInt8], _ context: ChannelHandlerContext) {
        awaitingSince = nil
        shares.append(incomingShare)
        incomingShare = nil
        let number = answers.reserve()
        if Service.mayAnswerMuch(frame) { asked = number }
        // Requests are begun in their order.
        if atOnceLeft > 0, let worker, worker.isIdle, let answer = service.beginAtOnce(frame, worker.appends) {
            atOnceLeft -= 1
            return take(answer, number, context)
        }
        worker?.receive(.init(frame: frame, number: number))
    }

    // MARK: Answers

    private func take(_ answer: Answer, _ number: AnswerQueue.Number, _ context: ChannelHandlerContext) {
        switch answer {
        case .ready(let frame): fill(number, with: frame)
        case .later(let work): answers.postpone(number, work)
        case .whenDone(let start):
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            start { frame in
                // Who has begun it sends what is there at once.
                guard !bound.eventLoop.inEventLoop else { return bound.value.0.fill(number, with: frame) }
                bound.eventLoop.execute { bound.value.0.finish(number, with: frame, bound.value.1) }
            }
        }
    }

    private func finish(_ number: AnswerQueue.Number, with frame: Answer.Frame?, _ context: ChannelHandlerContext) {
        fill(number, with: frame)
        proceed(context)
    }

    private func fill(_ number: AnswerQueue.Number, with frame: Answer.Frame?) {
        giveMemory(of: number)
        answers.fill(number, with: frame)
    }

    /// Sends what is ready. What has to be made first is made only when the client has taken nearly all there is, so that a slow one holds one answer.
    private func send(_ context: ChannelHandlerContext) {
        var hasWritten = false
        while context.channel.isWritable, let step = answers.next() {
            switch step {
            case .send(let frame):
                giveMemoryOfFirst()
                guard let frame else { continue }
                hasWritten = true
                write(frame, context)
            case .begin(let number, let work): running = run(work, number, context)
            case .end:
                if hasWritten { context.flush() }
                let channel = context.channel
                guard let lastWrite else { return channel.close(promise: nil) }
                return lastWrite.whenComplete { _ in channel.close(promise: nil) }
            }
        }
        if hasWritten { context.flush() }
        if hasWritten, untakenBytes > 0 { holdUntaken(context) }
    }

    /// A shorter answer is no matter, such as the headers of records that are on their way.
    private static let largeAnswerMin = 16 << 10

    private func holdUntaken(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let (logger, address) = (service.logger, peer(context))
        holdsUntaken = true
        service.untaken.hold(untakenBytes, by: self) {
            logger.warning("a connection from \(address) is closed: the answers that clients do not take are too many")
            bound.eventLoop.execute { bound.value.close(promise: nil) }
        }
    }

    private func run(
        _ work: @escaping @Sendable () async -> Answer.Frame, _ number: AnswerQueue.Number,
        _ context: ChannelHandlerContext
    ) -> Task<Void, Never> {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return Task(executorPreference: RequestThreads.shared) {
            let frame = await work()
            bound.eventLoop.execute { bound.value.0.finish(number, with: frame, bound.value.1) }
        }
    }

    private func write(_ frame: Answer.Frame, _ context: ChannelHandlerContext) {
        for part in frame {
            switch part {
            case .bytes(let bytes):
                let written = context.write(
                    wrapOutboundOut(.byteBuffer(context.channel.allocator.buffer(bytes: bytes))))
                if bytes.count >= Self.largeAnswerMin { count(bytes.count, until: written, context) }
                lastWrite = written
            case .records(let span):
                lastWrite = SentRecords.write(span, context)
            }
        }
    }

    private func count(_ bytes: Int, until written: EventLoopFuture<Void>, _ context: ChannelHandlerContext) {
        untakenBytes += bytes
        written.assumeIsolated().whenComplete { [self] _ in
            untakenBytes -= bytes
            guard holdsUntaken else { return }
            // It has taken one: what is left is held from now on.
            releaseUntaken()
            if untakenBytes > 0, context.channel.isActive { holdUntaken(context) }
        }
    }

    private func releaseUntaken() {
        guard holdsUntaken else { return }
        holdsUntaken = false
        service.untaken.release(self)
    }
}
