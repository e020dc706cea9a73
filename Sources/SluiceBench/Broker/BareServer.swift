import ArgumentParser
import CCRC32C
import Dispatch
import Foundation
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// `sluice-bench bare-server`: the reference for the broker. A NIO handler that frames, checks a CRC32C, writes the frame to a file and answers, at once or after a sync that all
/// share who wait for it; or that answers each request with a region of the file. No log, no index, no error handling: what NIO and the kernel can do for this work at all.
struct BareServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bare-server", shouldDisplay: false)

    @Option var port: Int
    @Option var file: String
    /// 0: frames are written and acknowledged; else each is answered by so many bytes of the file.
    @Option var region = 0
    /// Frames are acknowledged once they are synced.
    @Flag var sync = false
    /// Connections take turns at so many files.
    @Option var files = 1

    func run() async throws {
        let stores = try (0..<files).map { number in
            let path = number == 0 ? file : "\(file)-\(number)"
            let descriptor = open(path, O_RDWR | O_CREAT, 0o644)
            guard descriptor >= 0 else { throw BenchFailure(description: "cannot open \(path)") }
            return BareStore(descriptor, syncs: sync)
        }
        let connections = Atomic(0)
        let region = region
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let turn = connections.add(1, ordering: .relaxed).oldValue
                    try channel.pipeline.syncOperations.addHandler(
                        BareHandler(stores[turn % stores.count], region: region))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        try await listener.closeFuture.get()
    }
}

/// A file that connections write to.
private final class BareStore: Sendable {
    private struct State {
        var position = 0
        var waiting: [@Sendable () -> Void] = []
    }

    let descriptor: Int32
    private let syncs: Bool
    private let state = Mutex(State())
    private let isAwaited = DispatchSemaphore(value: 0)

    init(_ descriptor: Int32, syncs: Bool) {
        self.descriptor = descriptor
        self.syncs = syncs
        if syncs { Thread.detachNewThread { self.sync() } }
    }

    /// Writes the frame and calls `done`, at once or on the thread that syncs.
    func write(_ bytes: UnsafeRawBufferPointer, _ done: @escaping @Sendable () -> Void) -> Bool {
        let position = state.withLock { state in
            defer { state.position += bytes.count }
            return state.position
        }
        guard pwrite(descriptor, bytes.baseAddress, bytes.count, position) == bytes.count else { return false }
        guard syncs else {
            done()
            return true
        }
        let isFirst = state.withLock { state in
            state.waiting.append(done)
            return state.waiting.count == 1
        }
        if isFirst { isAwaited.signal() }
        return true
    }

    private func sync() -> Never {
        while true {
            isAwaited.wait()
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            fdatasync(descriptor)
            for done in waiting { done() }
        }
    }
}

private final class BareHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = IOData

    private let store: BareStore
    private let region: Int
    private let fileBytes: Int
    private var frame = ByteBuffer()
    private var position = 0

    init(_ store: BareStore, region: Int) {
        self.store = store
        self.region = region
        fileBytes = Int(lseek(store.descriptor, 0, SEEK_END))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while buffer.readableBytes > 0 {
            let length = wantedBytes
            guard let piece = buffer.readSlice(length: min(length - frame.readableBytes, buffer.readableBytes)) else {
                return
            }
            if frame.readableBytes == 0 { frame = context.channel.allocator.buffer(capacity: length) }
            frame.writeImmutableBuffer(piece)
            guard frame.readableBytes >= 4, frame.readableBytes == wantedBytes else { continue }
            region > 0 ? answerWithRegion(context) : keep(context)
            frame.clear()
        }
    }

    /// The bytes of the frame, as far as its length is known.
    private var wantedBytes: Int {
        frame.getInteger(at: frame.readerIndex, as: UInt32.self).map { Int($0) + 4 } ?? 4
    }

    private func keep(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let isStored = frame.withUnsafeReadableBytes { bytes in
            let checksum = ccrc32c_extend(0, bytes.baseAddress, bytes.count)
            return checksum != 1
                && store.write(bytes) {
                    guard !bound.eventLoop.inEventLoop else { return bound.value.0.acknowledge(bound.value.1) }
                    bound.eventLoop.execute { bound.value.0.acknowledge(bound.value.1) }
                }
        }
        if !isStored { context.close(promise: nil) }
    }

    private func acknowledge(_ context: ChannelHandlerContext) {
        var answer = context.channel.allocator.buffer(capacity: 8)
        answer.writeInteger(UInt32(4))
        answer.writeInteger(UInt32(0))
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(answer)), promise: nil)
    }

    private func answerWithRegion(_ context: ChannelHandlerContext) {
        if position + region > fileBytes { position = 0 }
        var header = context.channel.allocator.buffer(capacity: 4)
        header.writeInteger(UInt32(region))
        context.write(wrapOutboundOut(.byteBuffer(header)), promise: nil)
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: store.descriptor)
        let region = FileRegion(fileHandle: handle, readerIndex: position, endIndex: position + region)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in _ = try? handle.takeDescriptorOwnership() }
        context.writeAndFlush(wrapOutboundOut(.fileRegion(region)), promise: written)
        position += self.region
    }
}
