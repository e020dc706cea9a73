import CByteMask

/// Finds where JSON values begin and end, and checks them against RFC 8259 on the way.
///
/// It makes no values: what it returns are offsets into the text. Bytes of 0x80 and above are passed over unchecked inside strings, so that
/// text in another encoding than UTF-8 gets through a pipeline as it is.
enum JSONScanner {
    /// The kinds of value.
    enum Kind: UInt8, Sendable {
        case null
        case `true`
        case `false`
        /// A number without fraction and exponent.
        case integer
        /// A number with a fraction or an exponent.
        case decimal
        /// A string without escapes: its bytes are its text.
        case string
        /// A string with escapes.
        case escapedString
        case object
        case array
    }

    /// Objects and arrays may lie in one another this deep. The scanner recurses, so the limit bounds the stack.
    static let depthMax = 64

    /// The first byte at or after `position` that is no white space; the text's count at its end.
    @inline(__always)
    static func skipSpace(_ text: Span<UInt8>, _ position: Int) -> Int {
        var position = position
        while position < text.count {
            let byte = text[position]
            if byte > 0x20 || (byte != 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09) { break }
            position += 1
        }
        return position
    }

    /// Passes over the value that begins at `position`, which is left behind it.
    static func skipValue(_ text: Span<UInt8>, _ position: inout Int, depth: Int = 0) throws(JSONError) -> Kind {
        guard position < text.count else { throw JSONError("a value is missing", at: position) }
        switch text[position] {
        case UInt8(ascii: "\""):
            position += 1
            return try skipString(text, &position) ? .escapedString : .string
        case UInt8(ascii: "{"):
            try skipContainer(text, &position, isObject: true, depth: depth + 1)
            return .object
        case UInt8(ascii: "["):
            try skipContainer(text, &position, isObject: false, depth: depth + 1)
            return .array
        default:
            return try skipAtom(text, &position)
        }
    }

    /// Passes over the number, `true`, `false` or `null` that begins at `position`.
    @inline(__always)
    static func skipAtom(_ text: Span<UInt8>, _ position: inout Int) throws(JSONError) -> Kind {
        switch text[position] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            return try skipNumber(text, &position) ? .decimal : .integer
        case UInt8(ascii: "t"):
            try skipWord("true", text, &position)
            return .true
        case UInt8(ascii: "f"):
            try skipWord("false", text, &position)
            return .false
        case UInt8(ascii: "n"):
            try skipWord("null", text, &position)
            return .null
        default:
            throw JSONError("a value is missing", at: position)
        }
    }

    /// Passes over a string's rest; `position` stands behind its first quote and is left behind its last.
    /// - Returns: whether there are escapes.
    @inline(__always)
    static func skipString(_ text: Span<UInt8>, _ position: inout Int) throws(JSONError) -> Bool {
        var hasEscapes = false
        while true {
            position = firstSpecial(text, position)
            guard position < text.count else { throw JSONError("a string has no end", at: position) }
            let byte = text[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return hasEscapes }
            guard byte == UInt8(ascii: "\\") else {
                throw JSONError("a control character in a string", at: position - 1)
            }
            hasEscapes = true
            try skipEscape(text, &position)
        }
    }

    /// The next quote, backslash or control character; the text's count where there is none.
    @inline(__always)
    private static func firstSpecial(_ text: Span<UInt8>, _ start: Int) -> Int {
        text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            // SAFETY: 32 bytes are read where the text has as many.
            var position = start
            while position &+ 32 <= bytes.count {
                let found = cbytemask_string_stops32(base + position)
                if found != 0 { return position &+ found.trailingZeroBitCount }
                position &+= 32
            }
            if position < bytes.count, bytes.count >= 32 {
                // The last 32 bytes, without those that have been looked at.
                let seen = position &+ 32 &- bytes.count
                let found = cbytemask_string_stops32(base + (bytes.count &- 32)) &>> UInt32(truncatingIfNeeded: seen)
                return found == 0 ? bytes.count : position &+ found.trailingZeroBitCount
            }
            while position < bytes.count {
                let byte = bytes[position]
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
                position &+= 1
            }
            return position
        }
    }

    private static func skipEscape(_ text: Span<UInt8>, _ position: inout Int) throws(JSONError) {
        guard position < text.count else { throw JSONError("a string has no end", at: position) }
        switch text[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            guard position + 4 < text.count, (1...4).allSatisfy({ isHexDigit(text[position + $0]) }) else {
                throw JSONError("\\u needs four hexadecimal digits", at: position - 1)
            }
            position += 5
        default:
            throw JSONError("an unknown escape", at: position - 1)
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte & 0xDF)
    }

    /// Passes over a number; returns whether it has a fraction or an exponent.
    @inline(__always)
    private static func skipNumber(_ text: Span<UInt8>, _ position: inout Int) throws(JSONError) -> Bool {
        if text[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        try skipDigits(text, &position)
        if position - first > 1, text[first] == UInt8(ascii: "0") {
            throw JSONError("a number begins with 0", at: first)
        }
        var isDecimal = false
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            isDecimal = true
            try skipDigits(text, &position)
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            isDecimal = true
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            try skipDigits(text, &position)
        }
        return isDecimal
    }

    @inline(__always)
    private static func skipDigits(_ text: Span<UInt8>, _ position: inout Int) throws(JSONError) {
        let start = position
        while position < text.count, text[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        if position == start { throw JSONError("a digit is missing", at: position) }
    }

    @inline(__always)
    private static func skipWord(
        _ word: StaticString, _ text: Span<UInt8>, _ position: inout Int
    ) throws(JSONError) {
        guard text.count - position >= word.utf8CodeUnitCount else {
            throw JSONError("a value is missing", at: position)
        }
        for index in 0..<word.utf8CodeUnitCount where text[position + index] != word.utf8Start[index] {
            throw JSONError("a value is missing", at: position)
        }
        position += word.utf8CodeUnitCount
    }

    private static func skipContainer(
        _ text: Span<UInt8>, _ position: inout Int, isObject: Bool, depth: Int
    ) throws(JSONError) {
        guard depth <= depthMax else { throw JSONError("more than \(depthMax) levels", at: position) }
        let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        position = skipSpace(text, position + 1)
        if position < text.count, text[position] == end {
            position += 1
            return
        }
        while true {
            if isObject { _ = try skipName(text, &position) }
            _ = try skipValue(text, &position, depth: depth)
            guard try skipComma(text, &position, end: end) else { return }
        }
    }

    /// Passes over a member's name and colon, up to its value; returns whether the name has escapes.
    @inline(__always)
    static func skipName(_ text: Span<UInt8>, _ position: inout Int) throws(JSONError) -> (Range<Int>, Bool) {
        guard position < text.count, text[position] == UInt8(ascii: "\"") else {
            throw JSONError("a member's name is missing", at: position)
        }
        position += 1
        let start = position
        let hasEscapes = try skipString(text, &position)
        let name = start..<position - 1
        position = skipSpace(text, position)
        guard position < text.count, text[position] == UInt8(ascii: ":") else {
            throw JSONError("a colon is missing", at: position)
        }
        position = skipSpace(text, position + 1)
        return (name, hasEscapes)
    }

    /// Passes over what stands behind an element: true after a comma, false after `end`.
    @inline(__always)
    static func skipComma(_ text: Span<UInt8>, _ position: inout Int, end: UInt8) throws(JSONError) -> Bool {
        position = skipSpace(text, position)
        guard position < text.count else { throw JSONError("a comma or an end is missing", at: position) }
        let byte = text[position]
        guard byte == UInt8(ascii: ",") || byte == end else {
            throw JSONError("a comma or an end is missing", at: position)
        }
        position += 1
        if byte == end { return false }
        position = skipSpace(text, position)
        return true
    }
}
