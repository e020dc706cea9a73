import NIOCore

/// Puts frames together out of the pieces that a connection delivers: four bytes of length, then as many of the request.
struct FrameAssembler {
    /// A length that no request can have.
    struct BadLength: Error, Equatable, CustomStringConvertible {
        let length: UInt32
        let bytesMax: Int
        var description: String { "a request of \(length) bytes; it has 8 to \(bytesMax)" }
    }

    /// A request has at least its key, version and correlation id.
    private static let bytesMin = 8
    /// So much room is made before any of a frame has come; more comes with the bytes, so that a length alone costs no memory.
    private static let bytesReserved = 64 << 10

    private let bytesMax: Int
    private var length = 0
    private var lengthBytes = 0
    private var lengthSoFar: UInt32 = 0
    private var frame: [UInt8] = []

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Takes in what has come and hands each frame that it completes to `take`.
    mutating func append(_ buffer: ByteBuffer, _ take: ([UInt8]) -> Void) throws(BadLength) {
        var rest = buffer.readableBytesView
        while !rest.isEmpty {
            if lengthBytes < 4 {
                lengthSoFar = lengthSoFar << 8 | UInt32(rest.removeFirst())
                lengthBytes += 1
                if lengthBytes == 4 { try begin() }
                continue
            }
            let piece = rest.prefix(length - frame.count)
            frame.append(contentsOf: piece)
            rest = rest.dropFirst(piece.count)
            if frame.count == length { take(finish()) }
        }
    }

    private mutating func begin() throws(BadLength) {
        guard lengthSoFar <= bytesMax, lengthSoFar >= Self.bytesMin else {
            defer { (lengthBytes, lengthSoFar) = (0, 0) }
            throw BadLength(length: lengthSoFar, bytesMax: bytesMax)
        }
        length = Int(lengthSoFar)
        frame.reserveCapacity(min(length, Self.bytesReserved))
    }

    private mutating func finish() -> [UInt8] {
        var done: [UInt8] = []
        swap(&done, &frame)
        (length, lengthBytes, lengthSoFar) = (0, 0, 0)
        return done
    }
}
