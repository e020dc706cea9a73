import CDeflate

/// gzip (RFC 1952) in one member, by libdeflate, which works on whole buffers only and is faster for it.
final class GzipCompressor: BlockCompressor {
    private let context: OpaquePointer?

    init(level: Int) {
        context = libdeflate_alloc_compressor(CInt(min(max(level, 0), 12)))
    }

    deinit {
        if let context { libdeflate_free_compressor(context) }
    }

    func outputBytesMax(for count: Int) -> Int { libdeflate_gzip_compress_bound(context, count) }

    func compress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        guard let context else { throw .failed(.gzip, "out of memory") }
        let written = libdeflate_gzip_compress(
            context, input.baseAddress, input.count, output.baseAddress, output.count)
        guard written > 0 else { throw .failed(.gzip, "libdeflate does not keep to its own bound") }
        return written
    }
}

/// gzip of one member or several after one another, as other clients' streams may write it.
final class GzipDecompressor: BlockDecompressor {
    private let context: OpaquePointer?

    init() {
        context = libdeflate_alloc_decompressor()
    }

    deinit {
        if let context { libdeflate_free_decompressor(context) }
    }

    func decompress(_ input: UnsafeRawBufferPointer, limit: Int) throws(CompressionError) -> [UInt8] {
        guard let context else { throw .failed(.gzip, "out of memory") }
        // A member is at least a header of 10 bytes, an empty deflate block of 2 and a trailer of 8, whose last four bytes are the length.
        guard input.count >= 20 else { throw .corrupt(.gzip, "\(input.count) bytes are too few for a member") }
        let declared = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: input.count - 4, as: UInt32.self))
        // Deflate cannot do better than 1032:1, whatever the trailer says.
        let guess = min(Int(declared), input.count * 1032)
        return try decompressGrowing(type: .gzip, firstGuess: guess, limit: limit) { (room) throws(CompressionError) in
            try Self.decompressMembers(of: input, into: room, context: context)
        }
    }

    private static func decompressMembers(
        of input: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, context: OpaquePointer
    ) throws(CompressionError) -> Int? {
        var consumed = 0
        var written = 0
        repeat {
            let rest = UnsafeRawBufferPointer(rebasing: input[consumed...])
            let free = UnsafeMutableRawBufferPointer(rebasing: room[written...])
            var memberBytes = 0
            var memberLength = 0
            switch libdeflate_gzip_decompress_ex(
                context, rest.baseAddress, rest.count, free.baseAddress, free.count, &memberBytes, &memberLength)
            {
            case LIBDEFLATE_SUCCESS: break
            case LIBDEFLATE_INSUFFICIENT_SPACE: return nil
            default: throw .corrupt(.gzip, "the member at byte \(consumed) is damaged")
            }
            consumed += memberBytes
            written += memberLength
        } while consumed < input.count
        return written
    }
}
