import NIOCore

/// Puts frames together out of the pieces that a connection delivers: four bytes of length, then as many of the request.
struct FrameAssembler {
    /// A length that no request can have.
    struct BadLength: Error, Equatable, CustomStringConvertible {
        let length: UInt32
        let bytesMax: Int
        var description: String { "a request of \(length) bytes; it has 8 to \(bytesMax)" }
    }

    /// What the bytes have come to.
    enum Step: Equatable {
        /// All bytes are taken in.
        case needsMore
        /// The frame goes on when there is room for so many bytes more, and `admit` was called.
        case needsRoom(bytes: Int)
        case complete([UInt8])
    }

    /// A request has at least its key, version and correlation id.
    private static let bytesMin = 8
    /// So much room is asked for at first, and as much again as has come whenever that is used up: a length alone is no reason to keep room for a large request.
    static let bytesAtFirst = 4 << 10
    /// A frame that has got beyond its beginning has an array of its full length, up to this, which takes pages only as they are written: what grows is copied, and most requests are shorter.
    private static let reservedAtOnceMax = 4 << 20

    private let bytesMax: Int
    /// Of the frame that has begun; 0 as long as that is not known.
    private(set) var length = 0
    private var lengthBytes = 0
    private var lengthSoFar: UInt32 = 0
    /// How far there is room.
    private var admittedBytes = 0
    private var frame: [UInt8] = []

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Whether a part of a frame has come and the rest has not.
    var isWithin: Bool { lengthBytes > 0 }

    /// Reads on in `buffer`, from its reader index, to the next step.
    mutating func next(_ buffer: inout ByteBuffer) throws(BadLength) -> Step {
        while lengthBytes < 4 {
            guard let byte = buffer.readInteger(as: UInt8.self) else { return .needsMore }
            lengthSoFar = lengthSoFar << 8 | UInt32(byte)
            lengthBytes += 1
            if lengthBytes == 4 { try checkLength() }
        }
        while frame.count < length {
            guard frame.count < admittedBytes else {
                let rest = length - admittedBytes
                return .needsRoom(bytes: min(rest, max(admittedBytes, Self.bytesAtFirst)))
            }
            let count = min(admittedBytes - frame.count, buffer.readableBytes)
            guard count > 0 else { return .needsMore }
            buffer.readWithUnsafeReadableBytes { bytes in
                frame.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                return count
            }
        }
        return .complete(finish())
    }

    /// There is room for so many bytes more.
    mutating func admit(_ bytes: Int) {
        admittedBytes += bytes
        let reserved = admittedBytes > Self.bytesAtFirst ? min(length, Self.reservedAtOnceMax) : 0
        frame.reserveCapacity(max(admittedBytes, reserved))
    }

    private mutating func checkLength() throws(BadLength) {
        guard lengthSoFar <= bytesMax, lengthSoFar >= Self.bytesMin else {
            defer { (lengthBytes, lengthSoFar) = (0, 0) }
            throw BadLength(length: lengthSoFar, bytesMax: bytesMax)
        }
        length = Int(lengthSoFar)
    }

    private mutating func finish() -> [UInt8] {
        var done: [UInt8] = []
        swap(&done, &frame)
        (length, lengthBytes, lengthSoFar, admittedBytes) = (0, 0, 0, 0)
        return done
    }
}
