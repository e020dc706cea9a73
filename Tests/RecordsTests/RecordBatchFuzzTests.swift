import Compression
import Foundation
import TestSupport
import Testing

@testable import Records

@Suite("Fuzzing record batches")
struct RecordBatchFuzzTests {
    /// Five codecs make the million.
    private static let mutationsPerCodec = 200_000
    private static let payloadBytesMax = 1 << 16

    /// What became of the mutated batches.
    private struct Tally {
        var refusedByHeader = 0
        var refusedByRecords = 0
        var accepted = 0
    }

    @Test(
        "a million mutated batches, checksums mended or not, are refused or read, within bounds",
        arguments: CompressionType.allCases)
    func mutations(compression: CompressionType) throws {
        var random = SeededGenerator.announced(for: "mutations \(compression)")
        let corpus = try (0..<32).map { index in
            try SampleRecord.random(count: 1 + index % 4, using: &random).batch(compression: compression)
                .placed(at: Int64(index), leaderEpoch: 0).encoded()
        }
        let decompressor = Decompressor()
        var tally = Tally()
        for index in 0..<Self.mutationsPerCodec {
            var bytes = corpus[index % corpus.count]
            for _ in 0...random.below(3) { Self.mutate(&bytes, using: &random) }
            if random.below(8) > 0 { Self.mend(&bytes) }
            do throws(RecordsError) {
                let batch = try RecordBatch(validating: bytes, range: 0..<bytes.count)
                do throws(RecordsError) {
                    let decoded = try batch.records(using: decompressor, payloadBytesMax: Self.payloadBytesMax)
                    tally.accepted += 1
                    let found = Self.problem(in: decoded, of: batch)
                    if let found { Issue.record("\(found): \(bytes)") }
                } catch {
                    tally.refusedByRecords += 1
                }
            } catch {
                tally.refusedByHeader += 1
            }
        }
        // Each way must be taken often, or the mutations do not reach what they are meant to test.
        #expect(tally.refusedByHeader > 1000, "\(tally)")
        #expect(tally.refusedByRecords > 1000, "\(tally)")
        #expect(tally.accepted > 1000, "\(tally)")
    }

    /// Reads everything there is to read, and says what contradicts the promises of `DecodedRecords`.
    private static func problem(in decoded: DecodedRecords, of batch: RecordBatch) -> String? {
        if decoded.payload.count > max(payloadBytesMax, batch.sizeInBytes) { return "an oversized payload" }
        var count = 0
        var previous = batch.baseOffset - 1
        for record in decoded {
            count += 1
            if record.offset <= previous || record.offset > batch.lastOffset { return "an offset out of order" }
            previous = record.offset
            for range in [record.key, record.value, record.headers] {
                guard let range else { continue }
                if range.lowerBound < 0 || range.upperBound > decoded.payload.count { return "a range outside" }
            }
            if decoded.headers(of: record).count != record.headerCount { return "headers lost" }
        }
        return count == decoded.count ? nil : "\(count) records of \(decoded.count)"
    }

    /// Sets the length and the checksum right, so that what lies behind them is reached.
    private static func mend(_ bytes: inout [UInt8]) {
        guard bytes.count >= RecordBatchHeader.encodedBytes else { return }
        let length = UInt32(bytes.count - RecordBatchHeader.uncountedBytes)
        store(length, at: 8, in: &bytes)
        bytes[16] = 2
        let crc = bytes.withUnsafeBytes {
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[RecordBatchHeader.checkedFrom...]))
        }
        store(crc, at: 17, in: &bytes)
    }

    private static func store(_ value: UInt32, at index: Int, in bytes: inout [UInt8]) {
        for byte in 0..<4 { bytes[index + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32(byte))) }
    }

    /// Numbers at the edges of one-byte, two-byte and zigzag encodings.
    private static let edges: [UInt8] = [0, 1, 2, 3, 0x0F, 0x10, 0x7E, 0x7F, 0x80, 0x81, 0xFE, 0xFF]

    private static func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        // Mostly in the records; the header has 61 bytes only and its mistakes are soon found.
        let inHeader = random.below(6) == 0 || bytes.count <= RecordBatchHeader.encodedBytes
        let from = inHeader ? 0 : RecordBatchHeader.encodedBytes
        let at = from + random.below((inHeader ? min(bytes.count, RecordBatchHeader.encodedBytes) : bytes.count) - from)
        switch random.below(10) {
        case 0...3: bytes[at] ^= 1 << UInt8(random.below(8))
        case 4, 5: bytes[at] = edges[random.below(edges.count)]
        case 6: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 7: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(4)))
        case 8: bytes.insert(edges[random.below(edges.count)], at: at)
        default:
            // An overlong number, or a piece of something that was a length.
            for index in at..<min(bytes.count, at + 1 + random.below(11)) { bytes[index] = 0xFF }
        }
    }
}
