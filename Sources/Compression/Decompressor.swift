/// Decompresses whole record batches of any codec; contexts are made when first needed and kept. One per thread.
package final class Decompressor {
    private lazy var gzip = GzipDecompressor()
    private lazy var snappy = SnappyDecompressor()
    private lazy var lz4 = LZ4Decompressor()
    private lazy var zstd = ZstdDecompressor()

    package init() {}

    /// The decompressed form of all of `input`, which need not be trusted.
    /// - Parameter limit: the most bytes the result may have; memory use is bounded by a small multiple of it whatever the input declares.
    package func decompress(
        _ input: UnsafeRawBufferPointer, type: CompressionType, limit: Int
    ) throws(CompressionError) -> [UInt8] {
        guard limit >= 0 else { throw .limitExceeded(type, limit: limit) }
        switch type {
        case .none:
            guard input.count <= limit else { throw .limitExceeded(type, limit: limit) }
            return [UInt8](input)
        case .gzip: return try gzip.decompress(input, limit: limit)
        case .snappy: return try snappy.decompress(input, limit: limit)
        case .lz4: return try lz4.decompress(input, limit: limit)
        case .zstd: return try zstd.decompress(input, limit: limit)
        }
    }
}
