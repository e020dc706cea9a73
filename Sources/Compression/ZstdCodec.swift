import CZstd

/// Zstandard, one frame with its content size.
final class ZstdCompressor: BlockCompressor {
    private let context: OpaquePointer?

    init(level: Int) {
        context = ZSTD_createCCtx()
        let known = min(max(level, -7), Int(ZSTD_maxCLevel()))
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(known))
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    func outputBytesMax(for count: Int) -> Int { ZSTD_compressBound(count) }

    func compress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        guard let context else { throw .failed(.zstd, "out of memory") }
        let written = ZSTD_compress2(context, output.baseAddress, output.count, input.baseAddress, input.count)
        guard ZSTD_isError(written) == 0 else { throw .failed(.zstd, String(cString: ZSTD_getErrorName(written))) }
        return written
    }
}

/// Zstandard frames, with the content size or without (Java's streams leave it out).
final class ZstdDecompressor: BlockDecompressor {
    private let context = ZSTD_createDCtx()

    deinit {
        ZSTD_freeDCtx(context)
    }

    func decompress(_ input: UnsafeRawBufferPointer, limit: Int) throws(CompressionError) -> [UInt8] {
        guard let context else { throw .failed(.zstd, "out of memory") }
        let declared = ZSTD_getFrameContentSize(input.baseAddress, input.count)
        let guess: Int
        switch declared {
        case UInt64.max - 1:  // ZSTD_CONTENTSIZE_ERROR, a macro that Swift does not import
            throw .corrupt(.zstd, "there is no frame")
        case UInt64.max:  // ZSTD_CONTENTSIZE_UNKNOWN, likewise
            guess = input.count < limit / 8 ? input.count * 8 : limit
        default:
            guard declared <= UInt64(limit) else { throw .limitExceeded(.zstd, limit: limit) }
            guess = Int(declared)
        }
        return try decompressGrowing(type: .zstd, firstGuess: guess, limit: limit) { (room) throws(CompressionError) in
            let written = ZSTD_decompressDCtx(context, room.baseAddress, room.count, input.baseAddress, input.count)
            guard ZSTD_isError(written) != 0 else { return written }
            if ZSTD_getErrorCode(written) == ZSTD_error_dstSize_tooSmall { return nil }
            throw .corrupt(.zstd, String(cString: ZSTD_getErrorName(written)))
        }
    }
}
