import KafkaProtocol
import NIOCore
import SegmentedLog

extension LogSlice: RecordSpan {}

/// Hands records to a socket.
enum SentRecords {
    /// Writes them as a region of their file, so that they go from the page cache to the socket (`sendfile`) and no memory holds them while a slow client takes
    /// them. Where the disk is a simulated one, their bytes.
    static func write(_ span: any RecordSpan, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        guard let slice = span as? LogSlice else {
            return context.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        guard let descriptor = slice.pinned?.descriptor else { return writeContents(of: slice, context) }
        // A handle of its own for each write, since one serves one caller at a time. It never closes the file, which the slice keeps open until it is written.
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
        let start = Int(slice.position)
        let region = FileRegion(fileHandle: handle, readerIndex: start, endIndex: start + slice.sizeInBytes)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in
            withExtendedLifetime(slice) { _ = try? handle.takeDescriptorOwnership() }
        }
        context.write(NIOAny(IOData.fileRegion(region)), promise: written)
        return written.futureResult
    }

    private static func writeContents(of slice: LogSlice, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        do throws(LogError) {
            let bytes = try slice.contents()
            return context.write(NIOAny(IOData.byteBuffer(context.channel.allocator.buffer(bytes: bytes))))
        } catch {
            // Half an answer is written.
            context.close(promise: nil)
            return context.eventLoop.makeFailedFuture(error)
        }
    }
}
