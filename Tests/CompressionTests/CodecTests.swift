import Testing

@testable import Compression

@Suite("Codecs")
struct CodecTests {
    static let compressing = CompressionType.allCases.filter { $0 != .none }

    private static func compress(_ input: [UInt8], _ compressor: Compressor) throws -> [UInt8] {
        var output: [UInt8] = []
        try input.withUnsafeBytes { try compressor.compress($0, appendingTo: &output) }
        return output
    }

    private static func decompress(
        _ input: [UInt8], _ type: CompressionType, limit: Int = 1 << 20,
        with decompressor: Decompressor = Decompressor()
    ) throws -> [UInt8] {
        try input.withUnsafeBytes { try decompressor.decompress($0, type: type, limit: limit) }
    }

    /// Text that compresses, of any length.
    private static func text(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: 65 + ($0 * $0 / 7) % 23) }
    }

    @Test("contexts are kept between inputs of all lengths", arguments: CompressionType.allCases)
    func roundTrip(type: CompressionType) throws {
        let compressor = Compressor(type)
        let decompressor = Decompressor()
        for count in [0, 1, 100, 65_535, 65_536, 65_537, 300_000, 3] {
            let input = Self.text(count)
            let output = try Self.compress(input, compressor)
            #expect(try Self.decompress(output, type, limit: count, with: decompressor) == input)
            if count > 10_000 && type != .none { #expect(output.count < count / 2) }
        }
    }

    @Test(
        "every level compresses, and levels off the scale are moved onto it", arguments: compressing,
        [-1000, -1, 0, 1, 3, 6, 9, 12, 1000])
    func levels(type: CompressionType, level: Int) throws {
        let input = Self.text(20_000)
        #expect(try Self.decompress(Self.compress(input, Compressor(type, level: level)), type) == input)
    }

    @Test("compressed bytes are appended", arguments: CompressionType.allCases)
    func appending(type: CompressionType) throws {
        var output: [UInt8] = [1, 2, 3]
        try Self.text(500).withUnsafeBytes { try Compressor(type).compress($0, appendingTo: &output) }
        #expect(Array(output[..<3]) == [1, 2, 3])
        #expect(try Self.decompress(Array(output[3...]), type) == Self.text(500))
    }

    @Test("output longer than the limit is refused, to the byte", arguments: CompressionType.allCases)
    func limit(type: CompressionType) throws {
        let input = [UInt8](repeating: 0, count: 1 << 20)
        let bomb = try Self.compress(input, Compressor(type))
        for limit in [-1, 0, 1, 1000, (1 << 20) - 1] {
            do throws(CompressionError) {
                _ = try bomb.withUnsafeBufferPointer { (bytes) throws(CompressionError) in
                    try Decompressor().decompress(UnsafeRawBufferPointer(bytes), type: type, limit: limit)
                }
                Issue.record("a limit of \(limit) was passed")
            } catch {
                #expect(error.code == .limitExceeded)
            }
        }
        #expect(try Self.decompress(bomb, type, limit: 1 << 20) == input)
    }

    @Test("input that is cut off anywhere is refused", arguments: compressing)
    func truncated(type: CompressionType) throws {
        // In one block, so that snappy's framing cannot end early between two.
        let whole = try Self.compress(Self.text(3000), Compressor(type))
        let decompressor = Decompressor()
        // xerial's header alone is a stream without blocks.
        for count in 0..<whole.count where !(type == .snappy && count == 16) {
            #expect(throws: CompressionError.self, "cut to \(count)") {
                try Self.decompress(Array(whole[..<count]), type, with: decompressor)
            }
        }
        #expect(try Self.decompress(whole, type, with: decompressor) == Self.text(3000))
    }

    @Test("bytes after the end are refused", arguments: compressing)
    func trailing(type: CompressionType) throws {
        let whole = try Self.compress(Self.text(3000), Compressor(type))
        #expect(throws: CompressionError.self) { try Self.decompress(whole + [1, 2, 3], type) }
    }

    @Test(
        "a declared length is not believed",
        arguments: [
            (.snappy, [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0]),
            (.zstd, [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 255, 255, 255, 255, 255, 255, 255, 127, 1, 0, 0]),
            (.lz4, [0x04, 0x22, 0x4D, 0x18, 0x68, 0x40, 255, 255, 255, 255, 255, 255, 255, 127, 0xB1, 0, 0, 0, 0]),
        ] as [(CompressionType, [UInt8])])
    func declaredLength(type: CompressionType, input: [UInt8]) {
        #expect(throws: CompressionError.self) { try Self.decompress(input, type) }
    }

    @Test("names are read and written")
    func names() {
        for type in CompressionType.allCases { #expect(CompressionType(name: type.name) == type) }
        #expect(CompressionType(name: "brotli") == nil)
        #expect(CompressionType.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
    }
}
