/// Appends JSON to bytes.
package enum JSONWriter {
    /// The same for callers in other rooms, to which a generic function would not be specialized.
    package static func appendString(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        appendString(text[...], to: &bytes)
    }

    /// A string of the text with its quotes. Bytes of 0x80 and above are written as they are.
    static func appendString(_ text: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                bytes.append(byte)
            } else {
                appendEscape(byte, to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x00..<0x20:
            bytes.append(contentsOf: "u00".utf8)
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        default: bytes.append(byte)
        }
    }

    /// A whole number.
    package static func append(_ number: Int64, to bytes: inout [UInt8]) {
        var magnitude = number.magnitude
        var divisor: UInt64 = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / divisor))
            magnitude %= divisor
            divisor /= 10
        }
    }

    /// A number; a whole one is written without fraction, and null stands for what JSON cannot say (infinite, not a number).
    static func append(_ number: Double, to bytes: inout [UInt8]) {
        guard number.isFinite else {
            bytes.append(contentsOf: "null".utf8)
            return
        }
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 {
            append(whole, to: &bytes)
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
    }
}
