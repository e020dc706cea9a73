/// Compresses whole record batches with one codec; contexts and working memory are kept from call to call. One per thread.
package final class Compressor {
    /// The codec, as chosen at creation.
    package let type: CompressionType

    private let codec: (any BlockCompressor)?
    private var scratch: [UInt8] = []

    /// - Parameters:
    ///   - type: the codec.
    ///   - level: the codec's own scale (gzip 1-12, zstd -7...22, lz4 0 and below fast, 3-12 high compression; snappy has none); values
    ///     outside are moved to the nearest. nil means the fastest that pays: zstd 1, gzip 1, lz4 fast.
    package init(_ type: CompressionType, level: Int? = nil) {
        self.type = type
        codec =
            switch type {
            case .none: nil
            case .gzip: GzipCompressor(level: level ?? 1)
            case .snappy: SnappyCompressor()
            case .lz4: LZ4Compressor(level: level ?? 0)
            case .zstd: ZstdCompressor(level: level ?? 1)
            }
    }

    /// Appends the compressed form of all of `input` to `output`; on an error `output` is as before.
    package func compress(
        _ input: UnsafeRawBufferPointer, appendingTo output: inout [UInt8]
    ) throws(CompressionError) {
        guard let codec else {
            output.append(contentsOf: input)
            return
        }
        // The bound is several times the usual result: compressing into kept room and copying the result costs less than growing `output` to it.
        let bound = codec.outputBytesMax(for: input.count)
        if scratch.count < bound { scratch = [UInt8](repeating: 0, count: bound) }
        let written = try scratch.withUnsafeMutableBufferPointer { (room) throws(CompressionError) in
            try codec.compress(input, into: UnsafeMutableRawBufferPointer(room))
        }
        output.append(contentsOf: scratch[..<written])
    }
}
