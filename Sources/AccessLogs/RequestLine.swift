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
        guard
            let firstSpace = ByteSearch.first(
                UInt8(ascii: " "), in: base, from: range.lowerBound, to: range.upperBound),
            firstSpace > range.lowerBound
        else { return nil }
        for position in range.lowerBound..<firstSpace
        where !Self.isTokenByte(base.load(fromByteOffset: position, as: UInt8.self)) {
            return nil
        }
        let uriStart = firstSpace + 1
        method = range.lowerBound..<firstSpace
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
