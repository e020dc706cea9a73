import Compression
import Foundation
import TestSupport
import Testing

@Suite("Cross-check against PyPI's codecs", .enabled(if: PythonInterpreter.path != nil, "no Python: run make test"))
struct CodecCrossCheckTests {
    /// Empty, short, repetitive over several blocks of every codec, and without any repetition.
    private static func inputs(for test: String) -> [[UInt8]] {
        var random = SeededGenerator.announced(for: test)
        let lines = (0..<12_000).flatMap { _ in
            Array("10.0.0.\(random.below(256)) GET /item/\(random.below(999))\n".utf8)
        }
        let noise = (0..<100_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return [[], [65], lines, noise]
    }

    @Test(
        "Sluice decompresses what others compress",
        arguments: [
            ("gzip", .gzip), ("gzip-members", .gzip), ("snappy-xerial", .snappy), ("snappy-raw", .snappy),
            ("lz4", .lz4), ("lz4-linked-unsized", .lz4), ("lz4-checked", .lz4), ("zstd", .zstd),
            ("zstd-unsized", .zstd),
        ] as [(String, CompressionType)])
    func sluiceDecompresses(variant: String, type: CompressionType) async throws {
        let folder = try TemporaryFolder()
        let decompressor = Decompressor()
        for input in Self.inputs(for: "sluiceDecompresses \(variant)") {
            try Data(input).write(to: URL(filePath: folder("plain")))
            try await Python.run(
                ["compress", variant, folder("plain"), folder("compressed")], folder: folder)
            let compressed = [UInt8](try Data(contentsOf: URL(filePath: folder("compressed"))))
            let output = try compressed.withUnsafeBytes {
                try decompressor.decompress($0, type: type, limit: input.count)
            }
            #expect(output == input)
        }
    }

    @Test("others decompress what Sluice compresses", arguments: CompressionType.allCases.filter { $0 != .none })
    func othersDecompress(type: CompressionType) async throws {
        let folder = try TemporaryFolder()
        let compressor = Compressor(type)
        for input in Self.inputs(for: "othersDecompress \(type)") {
            var compressed: [UInt8] = []
            try input.withUnsafeBytes { try compressor.compress($0, appendingTo: &compressed) }
            try Data(compressed).write(to: URL(filePath: folder("compressed")))
            try await Python.run(
                ["decompress", type.name, folder("compressed"), folder("plain")], folder: folder)
            #expect([UInt8](try Data(contentsOf: URL(filePath: folder("plain")))) == input)
        }
    }
}
