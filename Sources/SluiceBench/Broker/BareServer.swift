import ArgumentParser
import CCRC32C
import Glibc
import NIOCore
import NIOPosix

/// `sluice-bench bare-server`: the reference for the broker. A NIO handler that frames, checks a CRC32C, writes the frame to one file and answers; or that
/// answers each request with a region of that file. No log, no index, no error handling: what NIO and the kernel can do for this work at all.
struct BareServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bare-server", shouldDisplay: false)

    @Option var port: Int
    @Option var file: String
    /// 0: frames are written and acknowledged; else each is answered by so many bytes of the file.
    @Option var region = 0

    func run() async throws {
        let descriptor = open(file, O_RDWR | O_CREAT, 0o644)
        guard descriptor >= 0 else { throw BenchFailure(description: "cannot open \(file)") }
        let (region, size) = (region, Int(lseek(descriptor, 0, SEEK_END)))
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        BareHandler(descriptor: descriptor, region: region, fileBytes: size))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        try await listener.closeFuture.get()
    }
}

private final class BareHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = IOData

    private let descriptor: Int32
    private let region: Int
    private let fileBytes: Int
    private var frame = ByteBuffer()
    private var position = 0

    init(descriptor: Int32, region: Int, fileBytes: Int) {
        self.descriptor = descriptor
        self.region = region
        self.fileBytes = fileBytes
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
            region > 0 ? answerWithRegion(context) : store(context)
            frame.clear()
        }
    }

    /// The bytes of the frame, as far as its length is known.
    private var wantedBytes: Int {
        frame.getInteger(at: frame.readerIndex, as: UInt32.self).map { Int($0) + 4 } ?? 4
    }

    private func store(_ context: ChannelHandlerContext) {
        let isStored = frame.withUnsafeReadableBytes { bytes in
            let checksum = ccrc32c_extend(0, bytes.baseAddress, bytes.count)
            return pwrite(descriptor, bytes.baseAddress, bytes.count, position) == bytes.count && checksum != 1
        }
        guard isStored else { return context.close(promise: nil) }
        position += frame.readableBytes
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
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
        let region = FileRegion(fileHandle: handle, readerIndex: position, endIndex: position + region)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in _ = try? handle.takeDescriptorOwnership() }
        context.writeAndFlush(wrapOutboundOut(.fileRegion(region)), promise: written)
        position += self.region
    }
}
