import NIOCore
import TestSupport
import Testing

@testable import KafkaServer

@Suite("Putting frames together")
struct FrameAssemblerTests {
    private func framed(_ bodies: [[UInt8]]) -> [UInt8] {
        bodies.flatMap { body in [0, 0, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body }
    }

    @Test("frames come out as they went in, however the bytes are cut", arguments: [UInt64(1), 2, 3])
    func pieces(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bodies = (0..<100).map { _ in
            (0..<Int.random(in: 8...2000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        var rest = framed(bodies)[...]
        var assembler = FrameAssembler(bytesMax: 2000)
        var frames: [[UInt8]] = []
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...3000, using: &random))
            rest = rest.dropFirst(piece.count)
            var buffer = ByteBuffer(bytes: piece)
            reading: while true {
                switch try assembler.next(&buffer) {
                case .needsMore: break reading
                case .needsRoom(let bytes): assembler.admit(bytes)
                case .complete(let frame): frames.append(frame)
                }
            }
        }
        #expect(frames == bodies)
    }

    @Test("a length that no request has is refused before anything is kept", arguments: [0, 7, 2001, UInt32.max])
    func lengths(length: UInt32) {
        var assembler = FrameAssembler(bytesMax: 2000)
        var buffer = ByteBuffer()
        buffer.writeInteger(length)
        #expect(throws: FrameAssembler.BadLength(length: length, bytesMax: 2000)) {
            _ = try assembler.next(&buffer)
        }
    }

    @Test("a large request asks for a little room first, and for as much again whenever that much has come")
    func room() throws {
        var assembler = FrameAssembler(bytesMax: 1 << 30)
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(300_000))
        #expect(try assembler.next(&buffer) == .needsRoom(bytes: FrameAssembler.bytesAtFirst))
        // Asked again it says the same; nothing has changed.
        #expect(try assembler.next(&buffer) == .needsRoom(bytes: FrameAssembler.bytesAtFirst))
        assembler.admit(FrameAssembler.bytesAtFirst)
        #expect(try assembler.next(&buffer) == .needsMore)
        buffer.writeRepeatingByte(7, count: 300_000)
        var admitted = FrameAssembler.bytesAtFirst
        while admitted < 300_000 {
            let next = min(admitted, 300_000 - admitted)
            #expect(try assembler.next(&buffer) == .needsRoom(bytes: next))
            #expect(assembler.isWithin)
            assembler.admit(next)
            admitted += next
        }
        #expect(try assembler.next(&buffer) == .complete([UInt8](repeating: 7, count: 300_000)))
        #expect(!assembler.isWithin)
    }
}
