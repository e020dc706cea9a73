import Glibc

/// Writes JSON into memory that the caller has made large enough: see `JSONLayout.bytesMax`.
///
/// Most texts of a line are shorter than a call of `memcpy` is long (28 calls a line, a seventh of the time), so 64 bytes are copied of whatever fits into them,
/// and what is too much is written over by what follows.
struct JSONWriter {
    /// How many bytes may be written behind the last one that counts.
    static let slackBytes = 64

    private let start: UnsafeMutableRawPointer
    /// The end of what may be read of the line.
    private let sourceEnd: UnsafeRawPointer
    private(set) var count = 0

    /// - Parameters:
    ///   - start: Memory with room for what is written and `slackBytes` more.
    ///   - sourceEnd: The end of the line that texts are copied from.
    init(_ start: UnsafeMutableRawPointer, sourceEnd: UnsafeRawPointer) {
        self.start = start
        self.sourceEnd = sourceEnd
    }

    @inline(__always)
    mutating func byte(_ byte: UInt8) {
        start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// Writes a piece of the line.
    @inline(__always)
    mutating func copy(_ base: UnsafeRawPointer, _ range: Range<Int>) {
        let length = range.upperBound &- range.lowerBound
        let source = base + range.lowerBound
        // SAFETY: nothing behind `sourceEnd` is read, and what is written too much is within `slackBytes`.
        if length >= 64 {
            var done = 0
            repeat {
                copy64(source + done, at: count &+ done)
                done &+= 64
            } while done < length &- 64
            copy64(source + (length &- 64), at: count &+ length &- 64)
        } else if sourceEnd - source >= 64 {
            copy64(source, at: count)
        } else {
            memcpy(start + count, source, length)
        }
        count &+= length
    }

    /// As `copy`, where most texts have no more than 32 bytes.
    @inline(__always)
    mutating func copyShort(_ base: UnsafeRawPointer, _ range: Range<Int>) {
        let length = range.upperBound &- range.lowerBound
        let source = base + range.lowerBound
        guard length <= 32, sourceEnd - source >= 32 else { return copy(base, range) }
        prepared(source.loadUnaligned(as: SIMD32<UInt8>.self), count: length)
    }

    /// Writes a piece of `JSONLayout.keys`, in which 32 bytes can be read from anywhere on.
    @inline(__always)
    mutating func key(_ keys: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard let base = keys.baseAddress else { return }
        let source = base + range.lowerBound
        let length = range.upperBound &- range.lowerBound
        var done = 0
        repeat {
            let block = source.loadUnaligned(fromByteOffset: done, as: SIMD32<UInt8>.self)
            start.storeBytes(of: block, toByteOffset: count &+ done, as: SIMD32<UInt8>.self)
            done &+= 32
        } while done < length
        count &+= length
    }

    /// Writes the first `length` of these bytes.
    @inline(__always)
    mutating func prepared(_ bytes: SIMD32<UInt8>, count length: Int) {
        start.storeBytes(of: bytes, toByteOffset: count, as: SIMD32<UInt8>.self)
        count &+= length
    }

    @inline(__always)
    private func copy64(_ source: UnsafeRawPointer, at position: Int) {
        let block = source.loadUnaligned(as: SIMD64<UInt8>.self)
        start.storeBytes(of: block, toByteOffset: position, as: SIMD64<UInt8>.self)
    }

    @inline(__always)
    mutating func literal(_ text: StaticString) {
        memcpy(start + count, text.utf8Start, text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    @inline(__always)
    mutating func null() {
        start.storeBytes(of: UInt32(bigEndian: 0x6E75_6C6C), toByteOffset: count, as: UInt32.self)
        count &+= 4
    }

    /// A text that is known to need no escape, in quotes.
    @inline(__always)
    mutating func cleanString(_ base: UnsafeRawPointer, _ range: Range<Int>) {
        byte(ByteSearch.quote)
        copy(base, range)
        byte(ByteSearch.quote)
    }

    /// As above, for a text that is mostly short.
    @inline(__always)
    mutating func cleanWord(_ base: UnsafeRawPointer, _ range: Range<Int>) {
        byte(ByteSearch.quote)
        copyShort(base, range)
        byte(ByteSearch.quote)
    }

    /// The value behind a log text as a JSON string. A value that is not UTF-8 is written a byte a character, U+0000 to U+00FF.
    ///
    /// - Returns: Whether the value is UTF-8.
    mutating func string(_ base: UnsafeRawPointer, _ range: Range<Int>, escape: LogEscape) -> Bool {
        let special = ByteSearch.firstSpecial(
            in: base, from: range.lowerBound, to: range.upperBound, stops: .none, highIsPlain: false)
        if special == range.upperBound {
            cleanString(base, range)
            return true
        }
        var validator = UTF8Validator()
        for byte in UnescapedBytes(base: base, range: range, escape: escape) { validator.consume(byte) }
        let isText = validator.isValid
        byte(ByteSearch.quote)
        for value in UnescapedBytes(base: base, range: range, escape: escape) {
            character(value, highIsPlain: isText)
        }
        byte(ByteSearch.quote)
        return isText
    }

    /// Text that is the inside of a JSON string already, so that only bytes that are not UTF-8 need work.
    ///
    /// - Returns: Whether it is UTF-8.
    mutating func jsonText(_ base: UnsafeRawPointer, _ range: Range<Int>) -> Bool {
        var validator = UTF8Validator()
        for position in range { validator.consume(base.load(fromByteOffset: position, as: UInt8.self)) }
        guard !validator.isValid else {
            cleanString(base, range)
            return true
        }
        byte(ByteSearch.quote)
        for position in range {
            let value = base.load(fromByteOffset: position, as: UInt8.self)
            if value < 0x80 { byte(value) } else { unicodeEscape(value) }
        }
        byte(ByteSearch.quote)
        return false
    }

    private mutating func character(_ value: UInt8, highIsPlain: Bool) {
        switch value {
        case ByteSearch.quote, ByteSearch.backslash:
            byte(ByteSearch.backslash)
            byte(value)
        case 0x20...0x7F: byte(value)
        case 0x0A: literal("\\n")
        case 0x0D: literal("\\r")
        case 0x09: literal("\\t")
        case 0x80... where highIsPlain: byte(value)
        default: unicodeEscape(value)
        }
    }

    private mutating func unicodeEscape(_ value: UInt8) {
        literal("\\u00")
        byte(Hex.digit(value >> 4))
        byte(Hex.digit(value & 15))
    }

    /// A time in RFC 3339, in quotes; at most 32 bytes.
    mutating func time(_ parts: LogTime.Parts, milliseconds: Int?) {
        byte(ByteSearch.quote)
        digits(parts.year / 100)
        digits(parts.year % 100)
        byte(UInt8(ascii: "-"))
        digits(parts.month)
        byte(UInt8(ascii: "-"))
        digits(parts.day)
        byte(UInt8(ascii: "T"))
        digits(parts.hour)
        byte(UInt8(ascii: ":"))
        digits(parts.minute)
        byte(UInt8(ascii: ":"))
        digits(parts.second)
        if let milliseconds {
            byte(UInt8(ascii: "."))
            byte(UInt8(truncatingIfNeeded: 48 + milliseconds / 100))
            digits(milliseconds % 100)
        }
        if parts.offsetSeconds == 0 {
            byte(UInt8(ascii: "Z"))
        } else {
            byte(parts.offsetSeconds < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
            let minutes = abs(parts.offsetSeconds) / 60
            digits(minutes / 60)
            byte(UInt8(ascii: ":"))
            digits(minutes % 60)
        }
        byte(ByteSearch.quote)
    }

    @inline(__always)
    private mutating func digits(_ value: Int) {
        byte(UInt8(truncatingIfNeeded: 48 + value / 10))
        byte(UInt8(truncatingIfNeeded: 48 + value % 10))
    }
}

/// Checks bytes one at a time against RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
struct UTF8Validator {
    private var continuationBytesLeft = 0
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF
    private var failed = false

    /// Whether all bytes so far are whole characters.
    var isValid: Bool { !failed && continuationBytesLeft == 0 }

    @inline(__always)
    mutating func consume(_ byte: UInt8) {
        if continuationBytesLeft > 0 {
            if byte < lowest || byte > highest { failed = true }
            continuationBytesLeft -= 1
            lowest = 0x80
            highest = 0xBF
        } else if byte >= 0x80 {
            begin(byte)
        }
    }

    private mutating func begin(_ byte: UInt8) {
        switch byte {
        case 0xC2...0xDF: continuationBytesLeft = 1
        case 0xE0...0xEF:
            continuationBytesLeft = 2
            if byte == 0xE0 { lowest = 0xA0 }
            if byte == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            continuationBytesLeft = 3
            if byte == 0xF0 { lowest = 0x90 }
            if byte == 0xF4 { highest = 0x8F }
        default: failed = true
        }
    }
}
