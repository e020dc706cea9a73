/// Reads the contents of strings.
enum JSONText {
    /// The text between a string's quotes with its escapes resolved; a lone surrogate becomes U+FFFD. The scanner has passed the range.
    static func decode(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = text[position]
            position += 1
            guard byte == UInt8(ascii: "\\"), position < range.upperBound else {
                decoded.append(byte)
                continue
            }
            let escape = text[position]
            position += 1
            switch escape {
            case UInt8(ascii: "b"): decoded.append(0x08)
            case UInt8(ascii: "f"): decoded.append(0x0C)
            case UInt8(ascii: "n"): decoded.append(0x0A)
            case UInt8(ascii: "r"): decoded.append(0x0D)
            case UInt8(ascii: "t"): decoded.append(0x09)
            case UInt8(ascii: "u"): decoded.append(contentsOf: decodeUnicode(text, &position, range.upperBound))
            default: decoded.append(escape)
            }
        }
        return decoded
    }

    private static func decodeUnicode(_ text: Span<UInt8>, _ position: inout Int, _ end: Int) -> String.UTF8View {
        guard let first = hexadecimal(text, position, end) else { return "\u{FFFD}".utf8 }
        position += 4
        var value = UInt32(first)
        if (0xD800...0xDBFF).contains(value), position + 2 <= end, text[position] == UInt8(ascii: "\\"),
            text[position + 1] == UInt8(ascii: "u"), let second = hexadecimal(text, position + 2, end),
            (0xDC00...0xDFFF).contains(second)
        {
            position += 6
            value = 0x10000 + ((value - 0xD800) << 10) + (UInt32(second) - 0xDC00)
        }
        return String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8
    }

    private static func hexadecimal(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt16? {
        guard start + 4 <= end else { return nil }
        var value: UInt16 = 0
        for index in start..<start + 4 {
            guard let digit = Character(Unicode.Scalar(text[index])).hexDigitValue else { return nil }
            value = value << 4 | UInt16(truncatingIfNeeded: digit)
        }
        return value
    }
}
