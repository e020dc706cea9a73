/// A request line divided into its parts.
struct RequestLine {
    let method: Range<Int>
    let uri: Range<Int>
    /// Nil for HTTP/0.9, which names none.
    let version: Range<Int>?

    /// Divides `METHOD URI HTTP/1.1` or HTTP/0.9's `METHOD URI`; nil for anything else (TLS bytes, empty or malformed lines).
    ///
    /// The method is what stands before the first space and the protocol what follows the last one, so a space in the URI, which older servers let
    /// through, leaves no doubt.
    init?(_ base: UnsafeRawPointer, _ range: Range<Int>) {
        guard let firstSpace = Self.methodEnd(base, range) else { return nil }
        let uriStart = firstSpace + 1
        method = range.lowerBound..<firstSpace
        if range.upperBound &- uriStart > Self.usualProtocolBytes, Self.endsInUsualProtocol(base, range.upperBound) {
            uri = uriStart..<range.upperBound &- Self.usualProtocolBytes
            version = range.upperBound &- Self.usualProtocolBytes &+ 1..<range.upperBound
            return
        }
        // The shortest protocol is ` HTTP/1`; only its last space can be the one before it.
        var lastSpace = range.upperBound - 1
        while lastSpace > firstSpace, base.load(fromByteOffset: lastSpace, as: UInt8.self) != UInt8(ascii: " ") {
            lastSpace -= 1
        }
        if lastSpace > uriStart, Self.isProtocol(base, lastSpace + 1..<range.upperBound) {
            uri = uriStart..<lastSpace
            version = lastSpace + 1..<range.upperBound
        } else if lastSpace == firstSpace, uriStart < range.upperBound,
            !Self.isProtocol(base, uriStart..<range.upperBound)
        {
            uri = uriStart..<range.upperBound
            version = nil
        } else {
            return nil
        }
    }

    /// The end of the method, which a space follows; nil when the line does not begin with one.
    @inline(__always)
    private static func methodEnd(_ base: UnsafeRawPointer, _ range: Range<Int>) -> Int? {
        if range.upperBound &- range.lowerBound >= 8 {
            // Most methods are a word of capital letters, found and proven in one step. A byte's bit 7 is set where it is no letter, by a carry from the
            // first such byte on; the space is that byte.
            // SAFETY: the line has eight bytes from here on.
            let text = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
            let letters = text ^ 0x4040_4040_4040_4040
            // In parentheses: `|` binds as `&+` does.
            let others =
                ((letters &+ 0x6565_6565_6565_6565) | (letters &- 0x0101_0101_0101_0101) | text)
                & 0x8080_8080_8080_8080
            let length = others.trailingZeroBitCount &>> 3
            if others != 0, length > 0, (text &>> UInt64(8 &* length)) & 0xFF == 0x20 {
                return range.lowerBound &+ length
            }
        }
        guard
            let end = ByteSearch.first(UInt8(ascii: " "), in: base, from: range.lowerBound, to: range.upperBound),
            end > range.lowerBound
        else { return nil }
        for position in range.lowerBound..<end
        where !Self.isTokenByte(base.load(fromByteOffset: position, as: UInt8.self)) {
            return nil
        }
        return end
    }

    /// ` HTTP/1.1`
    private static let usualProtocolBytes = 9

    /// Whether a space and `HTTP/` with a version of two digits end here, at least nine bytes into the line.
    @inline(__always)
    private static func endsInUsualProtocol(_ base: UnsafeRawPointer, _ end: Int) -> Bool {
        let text = UInt64(
            littleEndian: base.loadUnaligned(fromByteOffset: end &- usualProtocolBytes, as: UInt64.self))
        // ` HTTP/`, any byte, `.`
        guard text & 0xFF00_FFFF_FFFF_FFFF == 0x2E00_2F50_5454_4820 else { return false }
        return UInt8(truncatingIfNeeded: text &>> 48) &- 0x30 <= 9
            && base.load(fromByteOffset: end &- 1, as: UInt8.self) &- 0x30 <= 9
    }

    /// `HTTP/` and a version.
    static func isProtocol(_ base: UnsafeRawPointer, _ range: Range<Int>) -> Bool {
        guard range.count >= 6, range.count <= 10,
            base.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self) == UInt32(bigEndian: 0x4854_5450),
            base.load(fromByteOffset: range.lowerBound + 4, as: UInt8.self) == UInt8(ascii: "/")
        else { return false }
        var points = 0
        for position in range.lowerBound + 5..<range.upperBound {
            let byte = base.load(fromByteOffset: position, as: UInt8.self)
            if byte == UInt8(ascii: "."), position > range.lowerBound + 5, position < range.upperBound - 1 {
                points += 1
            } else if byte &- 0x30 > 9 {
                return false
            }
        }
        return points <= 1
    }

    /// RFC 9110, 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
