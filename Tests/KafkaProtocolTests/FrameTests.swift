import TestSupport
import Testing

@testable import KafkaProtocol

@Suite("Frames")
struct FrameTests {
    @Test("what is written is read back, in both ways of writing", arguments: [false, true])
    func roundTrip(isFlexible: Bool) throws {
        var writer = FrameWriter()
        writer.isFlexible = isFlexible
        writer.int8(-1)
        writer.int16(.min)
        writer.int32(.max)
        writer.int64(-2)
        writer.bool(true)
        writer.string("é")
        writer.string(nil)
        writer.array([1, -1, Int32.max])
        writer.nullArray()
        writer.topicID(TopicID(high: 1, low: .max))
        writer.string(String(repeating: "x", count: 200))
        writer.endOfStructure()
        let frame = writer.finished().bytes
        #expect(frame[..<4].reduce(0) { $0 << 8 | Int($1) } == frame.count - 4)
        var reader = FrameReader(Array(frame[4...]))
        reader.isFlexible = isFlexible
        #expect(try reader.int8() == -1)
        #expect(try reader.int16() == .min)
        #expect(try reader.int32() == .max)
        #expect(try reader.int64() == -2)
        #expect(try reader.bool())
        #expect(try reader.string() == "é")
        #expect(try reader.nullableString() == nil)
        #expect(try reader.array { (reader) throws(ProtocolError) in try reader.int32() } == [1, -1, .max])
        #expect(try reader.nullableArray { (reader) throws(ProtocolError) in try reader.int32() } == nil)
        #expect(try reader.topicID() == TopicID(high: 1, low: .max))
        #expect(try reader.string() == String(repeating: "x", count: 200))
        try reader.endOfStructure()
        try reader.end()
    }

    @Test("tagged fields that are not known are passed over")
    func tags() throws {
        // Two of them: tag 0 with three bytes, tag 200 with none.
        var reader = FrameReader([2, 0, 3, 9, 9, 9, 0xC8, 1, 0, 7])
        reader.isFlexible = true
        try reader.endOfStructure()
        #expect(try reader.int8() == 7)
    }

    @Test(
        "bytes that cannot be so are refused where they stand",
        arguments: [
            ([0, 0, 0], false, 0), ([0x7F, 0xFF, 0xFF, 0xFF], false, 0), ([0x80, 0, 0, 0], false, 0),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0x1F], true, 5), ([0xFF, 0xFF, 0xFF, 0xFF, 0x0F], true, 0), ([9, 1], true, 0),
        ] as [([UInt8], Bool, Int)])
    func refused(bytes: [UInt8], isFlexible: Bool, offset: Int) {
        var reader = FrameReader(bytes)
        reader.isFlexible = isFlexible
        let error = #expect(throws: ProtocolError.self) {
            _ = try reader.array { (reader) throws(ProtocolError) in try reader.int8() }
        }
        #expect(error?.offset == offset, "\(String(describing: error))")
    }
}
