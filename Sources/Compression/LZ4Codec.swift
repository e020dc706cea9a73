import CLZ4

/// The LZ4 frame format. Blocks are independent because Kafka's Java clients refuse others; 256 KiB because a batch is about that long.
final class LZ4Compressor: BlockCompressor {
    private var context: OpaquePointer?
    private var preferences = LZ4F_preferences_t()

    init(level: Int) {
        LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION))
        preferences.frameInfo.blockSizeID = LZ4F_max256KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.compressionLevel = CInt(min(max(level, -100), Int(LZ4F_compressionLevel_max())))
        preferences.autoFlush = 1
    }

    deinit {
        LZ4F_freeCompressionContext(context)
    }

    func outputBytesMax(for count: Int) -> Int { LZ4F_compressFrameBound(count, &preferences) }

    func compress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        guard let context else { throw .failed(.lz4, "out of memory") }
        preferences.frameInfo.contentSize = UInt64(input.count)
        var written = try check(LZ4F_compressBegin(context, output.baseAddress, output.count, &preferences))
        var free = UnsafeMutableRawBufferPointer(rebasing: output[written...])
        written += try check(
            LZ4F_compressUpdate(context, free.baseAddress, free.count, input.baseAddress, input.count, nil))
        free = UnsafeMutableRawBufferPointer(rebasing: output[written...])
        return written + (try check(LZ4F_compressEnd(context, free.baseAddress, free.count, nil)))
    }

    private func check(_ result: Int) throws(CompressionError) -> Int {
        guard LZ4F_isError(result) == 0 else { throw .failed(.lz4, String(cString: LZ4F_getErrorName(result))) }
        return result
    }
}

/// One LZ4 frame, with the content size or without (Java's streams leave it out).
final class LZ4Decompressor: BlockDecompressor {
    private var context: OpaquePointer?

    init() {
        LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    }

    deinit {
        LZ4F_freeDecompressionContext(context)
    }

    func decompress(_ input: UnsafeRawBufferPointer, limit: Int) throws(CompressionError) -> [UInt8] {
        guard let context else { throw .failed(.lz4, "out of memory") }
        LZ4F_resetDecompressionContext(context)
        var info = LZ4F_frameInfo_t()
        var headerBytes = input.count
        let result = LZ4F_getFrameInfo(context, &info, input.baseAddress, &headerBytes)
        guard LZ4F_isError(result) == 0 else { throw .corrupt(.lz4, String(cString: LZ4F_getErrorName(result))) }
        guard info.frameType == LZ4F_frame else { throw .corrupt(.lz4, "there is no data frame") }
        guard info.contentSize <= UInt64(limit) else { throw .limitExceeded(.lz4, limit: limit) }
        let guess: Int
        if info.contentSize > 0 {
            guess = Int(info.contentSize)
        } else {
            guess = input.count < limit / 8 ? input.count * 8 : limit
        }
        return try decompressGrowing(type: .lz4, firstGuess: guess, limit: limit) { (room) throws(CompressionError) in
            try Self.decompressFrame(of: input, into: room, context: context)
        }
    }

    private static func decompressFrame(
        of input: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, context: OpaquePointer
    ) throws(CompressionError) -> Int? {
        LZ4F_resetDecompressionContext(context)
        // The output stays where it is between calls, so blocks may be decoded straight into it.
        var options = LZ4F_decompressOptions_t()
        options.stableDst = 1
        var consumed = 0
        var written = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: input[consumed...])
            let free = UnsafeMutableRawBufferPointer(rebasing: room[written...])
            var taken = rest.count
            var given = free.count
            let hint = LZ4F_decompress(context, free.baseAddress, &given, rest.baseAddress, &taken, &options)
            guard LZ4F_isError(hint) == 0 else { throw .corrupt(.lz4, String(cString: LZ4F_getErrorName(hint))) }
            consumed += taken
            written += given
            if hint == 0 {
                guard consumed == input.count else { throw .corrupt(.lz4, "bytes follow the frame") }
                return written
            }
            if taken == 0 && given == 0 {
                if written == room.count { return nil }
                throw .corrupt(.lz4, "the frame is truncated")
            }
        }
    }
}
