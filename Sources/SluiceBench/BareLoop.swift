import CCRC32C
import CDeflate
import CLZ4
import CZstd
import Compression
import Glibc

/// The reference: read 256 KiB, frame, encode a record batch of 512 KiB, compress, checksum, pwrite. One thread, no agent, no log, no error handling
/// beyond stopping: what the machine can do for this work at all.
struct BareLoop {
    private static let readBytes = 256 << 10
    private static let batchBytes = 512 << 10
    private static let headerBytes = 61

    let codec: CompressionType

    /// Reads `source` and writes batches to `target`.
    /// - Returns: the number of lines.
    func run(source: String, target: String) -> Int {
        let input = open(source, O_RDONLY)
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        precondition(input >= 0 && output >= 0, "cannot open \(source) or \(target)")
        defer {
            close(input)
            close(output)
        }
        // SAFETY: every pointer below stays inside these allocations: a line is at most `readBytes` long in the bench's own file, a batch is
        // closed before it could grow past its bound, and `compressed` is larger than every codec's bound for it.
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 2 * Self.readBytes, alignment: 64)
        let batch = UnsafeMutableRawPointer.allocate(byteCount: 2 * Self.batchBytes, alignment: 64)
        let compressed = UnsafeMutableRawPointer.allocate(byteCount: 4 * Self.batchBytes, alignment: 64)
        let codecs = Codecs()
        defer {
            buffer.deallocate()
            batch.deallocate()
            compressed.deallocate()
        }
        var lines = 0
        var inBatch = 0
        var position = Self.headerBytes
        var fileOffset = 0
        var carried = 0

        func finishBatch() {
            guard inBatch > 0 else { return }
            // Without compression the records already stand behind their header.
            let finished = codec == .none ? batch : compressed
            let bytes =
                codec == .none
                ? position
                : Self.headerBytes
                    + compress(
                        batch + Self.headerBytes, position - Self.headerBytes, into: compressed + Self.headerBytes,
                        with: codecs)
            memset(finished, 0, Self.headerBytes)
            let crc = ccrc32c_extend(0, finished + 21, bytes - 21)
            finished.storeBytes(of: crc.bigEndian, toByteOffset: 17, as: UInt32.self)
            let written = pwrite(output, finished, bytes, off_t(fileOffset))
            precondition(written == bytes, "short write to \(target)")
            fileOffset += written
            inBatch = 0
            position = Self.headerBytes
        }

        while true {
            let count = read(input, buffer + carried, Self.readBytes)
            if count <= 0 { break }
            let end = carried + count
            var start = 0
            while let newline = memchr(buffer + start, 10, end - start) {
                let stop = UnsafeRawPointer(newline) - UnsafeRawPointer(buffer)
                position = encode(buffer + start, stop - start, number: inBatch, into: batch, at: position)
                inBatch += 1
                lines += 1
                start = stop + 1
                if position >= Self.batchBytes { finishBatch() }
            }
            carried = end - start
            memmove(buffer, buffer + start, carried)
        }
        finishBatch()
        return lines
    }

    @inline(__always)
    private func encode(
        _ line: UnsafeMutableRawPointer, _ length: Int, number: Int, into batch: UnsafeMutableRawPointer, at start: Int
    ) -> Int {
        let body = 1 + 1 + varintBytes(number) + 1 + varintBytes(length) + length + 1
        var position = putVarint(body, batch, start)
        batch.storeBytes(of: 0, toByteOffset: position, as: UInt16.self)
        position = putVarint(number, batch, position + 2)
        position = putVarint(-1, batch, position)
        position = putVarint(length, batch, position)
        memcpy(batch + position, line, length)
        batch.storeBytes(of: 0, toByteOffset: position + length, as: UInt8.self)
        return position + length + 1
    }

    @inline(__always)
    private func varintBytes(_ value: Int) -> Int {
        let zigzag = UInt64(bitPattern: Int64(value << 1 ^ value >> 63))
        return (70 - (zigzag | 1).leadingZeroBitCount) / 7
    }

    @inline(__always)
    private func putVarint(_ value: Int, _ target: UnsafeMutableRawPointer, _ start: Int) -> Int {
        var zigzag = UInt64(bitPattern: Int64(value << 1 ^ value >> 63))
        var position = start
        while zigzag >= 0x80 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: zigzag) | 0x80, toByteOffset: position, as: UInt8.self)
            zigzag >>= 7
            position += 1
        }
        target.storeBytes(of: UInt8(zigzag), toByteOffset: position, as: UInt8.self)
        return position + 1
    }

    private func compress(
        _ input: UnsafeMutableRawPointer, _ count: Int, into output: UnsafeMutableRawPointer, with codecs: Codecs
    ) -> Int {
        let room = 4 * Self.batchBytes - Self.headerBytes
        switch codec {
        case .lz4:
            return LZ4F_compressFrame(output, room, input, count, nil)
        case .zstd:
            return ZSTD_compressCCtx(codecs.zstd, output, room, input, count, 1)
        case .gzip:
            return libdeflate_gzip_compress(codecs.deflate, input, count, output, room)
        case .none, .snappy:
            preconditionFailure("nothing to compress with \(codec)")
        }
    }

    private final class Codecs {
        let zstd = ZSTD_createCCtx()
        let deflate = libdeflate_alloc_compressor(1)

        deinit {
            ZSTD_freeCCtx(zstd)
            libdeflate_free_compressor(deflate)
        }
    }
}
