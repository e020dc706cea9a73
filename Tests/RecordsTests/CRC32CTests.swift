import CCRC32C
import TestSupport
import Testing

@testable import Records

@Suite("CRC-32C")
struct CRC32CTests {
    @Test(
        "gives the check values of RFC 3720 and of the polynomial's catalogue",
        arguments: [
            (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0..<32), 0x46DD_794E),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func checkValues(bytes: [UInt8], expected: UInt32) {
        bytes.withUnsafeBytes { room in
            #expect(CRC32C.checksum(room) == expected)
            #expect(ccrc32c_extend_portable(0, room.baseAddress, room.count) == expected)
        }
    }

    @Test("the processor's instruction and the portable tables agree at every length, alignment and start")
    func implementationsAgree() {
        var random = SeededGenerator.announced(for: "implementationsAgree")
        let bytes = (0..<60_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        // The lengths around one and two rounds of either stride of the three-way loop, and all short ones.
        let strideEdges = [768, 1536, 12_288, 13_056, 24_576, 25_344].flatMap { ($0 - 9)...($0 + 9) }
        bytes.withUnsafeBytes { room in
            for length in Array(0...300) + strideEdges + [60_000 - 8] {
                let start = random.below(8)
                let part = UnsafeRawBufferPointer(rebasing: room[start..<(start + length)])
                let before = UInt32(truncatingIfNeeded: random.next())
                let portable = ccrc32c_extend_portable(before, part.baseAddress, part.count)
                #expect(CRC32C.extend(before, part) == portable, "length \(length), start \(start)")
            }
        }
    }

    @Test("a replaced beginning changes the checksum without a look at what follows")
    func replacedBeginning() {
        var random = SeededGenerator.announced(for: "replacedBeginning")
        for length in Array(0...40) + [4096, 70_001] {
            var bytes = (0..<40 + length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let crc = bytes.withUnsafeBytes { CRC32C.checksum($0) }
            let old = bytes[..<40].withUnsafeBytes { CRC32C.checksum($0) }
            for index in 0..<40 { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
            let new = bytes[..<40].withUnsafeBytes { CRC32C.checksum($0) }
            let expected = bytes.withUnsafeBytes { CRC32C.checksum($0) }
            #expect(CRC32C.replacing(crc, beginning: old, with: new, bytesBehind: length) == expected, "\(length)")
        }
    }

    @Test("a checksum can be taken in parts")
    func parts() {
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        bytes.withUnsafeBytes { room in
            let whole = CRC32C.checksum(room)
            for split in [0, 1, 767, 768, 4999, 5000] {
                let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: room[..<split]))
                #expect(CRC32C.extend(first, UnsafeRawBufferPointer(rebasing: room[split...])) == whole)
            }
        }
    }

    @Test("an implementation is chosen")
    func implementation() {
        #expect(["sse4.2", "armv8-crc", "portable"].contains(String(cString: ccrc32c_implementation())))
    }
}
