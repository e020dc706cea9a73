import CSnappy

/// The stream header of xerial's snappy-java: its magic, version 1, readable from version 1 on (big-endian). Blocks follow, each a big-endian
/// length and raw Snappy data.
private let xerialHeader: [UInt8] = [0x82] + Array("SNAPPY".utf8) + [0, 0, 0, 0, 1, 0, 0, 0, 1]

/// How many leading bytes tell xerial's stream from raw Snappy data.
private let xerialMagicBytes = 8

/// Snappy in xerial's framing, as Kafka's Java clients write it.
final class SnappyCompressor: BlockCompressor {
    /// Snappy finds no match further away than this, so longer blocks would compress no better.
    private static let blockBytes = 64 << 10

    func outputBytesMax(for count: Int) -> Int {
        let wholeBlocks = count / Self.blockBytes
        let tail = count % Self.blockBytes
        return xerialHeader.count + wholeBlocks * (4 + snappy_max_compressed_length(Self.blockBytes)) + 4
            + snappy_max_compressed_length(tail)
    }

    func compress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        output.copyBytes(from: xerialHeader)
        var written = xerialHeader.count
        var consumed = 0
        // Also for no bytes at all one block: some readers take a lone stream header for raw data.
        repeat {
            let block = input[consumed..<min(consumed + Self.blockBytes, input.count)]
            let free = UnsafeMutableRawBufferPointer(rebasing: output[(written + 4)...])
            var length = free.count
            let status = snappy_compress(
                UnsafeRawBufferPointer(rebasing: block).assumingMemoryBound(to: CChar.self).baseAddress, block.count,
                free.assumingMemoryBound(to: CChar.self).baseAddress, &length)
            guard status == SNAPPY_OK else { throw .failed(.snappy, "snappy does not keep to its own bound") }
            output.storeBytes(of: UInt32(length).bigEndian, toByteOffset: written, as: UInt32.self)
            written += 4 + length
            consumed += block.count
        } while consumed < input.count
        return written
    }
}

/// Snappy in xerial's framing, or raw as librdkafka writes it.
final class SnappyDecompressor: BlockDecompressor {
    func decompress(_ input: UnsafeRawBufferPointer, limit: Int) throws(CompressionError) -> [UInt8] {
        let blocks = try Self.blocks(of: input)
        // Every block declares its length: the sum is checked before anything is allocated.
        var total = 0
        for block in blocks {
            total += try Self.declaredLength(of: block)
            guard total <= limit else { throw .limitExceeded(.snappy, limit: limit) }
        }
        return try [UInt8](capacity: total) { (room) throws(CompressionError) in
            var written = 0
            for block in blocks {
                let free = UnsafeMutableRawBufferPointer(rebasing: room[written...])
                var length = free.count
                let status = snappy_uncompress(
                    block.assumingMemoryBound(to: CChar.self).baseAddress, block.count,
                    free.assumingMemoryBound(to: CChar.self).baseAddress, &length)
                guard status == SNAPPY_OK else { throw .corrupt(.snappy, "a block is damaged") }
                written += length
            }
            return written
        }
    }

    private static func blocks(
        of input: UnsafeRawBufferPointer
    ) throws(CompressionError) -> [UnsafeRawBufferPointer] {
        guard input.count >= xerialHeader.count,
            input.prefix(xerialMagicBytes).elementsEqual(xerialHeader.prefix(xerialMagicBytes))
        else { return [input] }
        var blocks: [UnsafeRawBufferPointer] = []
        var position = xerialHeader.count
        while position < input.count {
            guard input.count - position >= 4 else { throw .corrupt(.snappy, "a block's length is truncated") }
            let length = Int(UInt32(bigEndian: input.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            position += 4
            guard length <= input.count - position else { throw .corrupt(.snappy, "a block is truncated") }
            blocks.append(UnsafeRawBufferPointer(rebasing: input[position..<(position + length)]))
            position += length
        }
        return blocks
    }

    private static func declaredLength(of block: UnsafeRawBufferPointer) throws(CompressionError) -> Int {
        var length = 0
        let status = snappy_uncompressed_length(
            block.assumingMemoryBound(to: CChar.self).baseAddress, block.count, &length)
        guard status == SNAPPY_OK else { throw .corrupt(.snappy, "a block's length is damaged") }
        return length
    }
}
