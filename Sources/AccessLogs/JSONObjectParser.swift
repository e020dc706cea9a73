/// Checks that bytes are one JSON object (RFC 8259) and notes where its members are.
///
/// Bytes that are not UTF-8 are let through in the string values of the outer object only, where the writer can show them; nginx copies them from requests.
struct JSONObjectParser {
    /// Objects and arrays inside one another; more than a log line has, and few enough for the bits of a word.
    private static let depthMax = 60
    private static let memberCountMax = 256

    private let base: UnsafeRawPointer
    private let end: Int
    /// Where it stopped.
    private(set) var position = 0

    init(base: UnsafeRawPointer, end: Int) {
        self.base = base
        self.end = end
    }

    /// Reads the object, to the end of the line; appends the ranges of name and value of each member.
    mutating func readObject(into ranges: inout [Range<Int>]) -> Bool {
        skipSpace()
        guard take(UInt8(ascii: "{")) else { return false }
        skipSpace()
        if take(UInt8(ascii: "}")) { return isAtEnd() }
        var members = 0
        while true {
            members += 1
            guard members <= Self.memberCountMax else { return false }
            skipSpace()
            let nameStart = position
            guard string(mustBeText: true) else { return false }
            let name = nameStart..<position
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return false }
            skipSpace()
            let valueStart = position
            guard peek() == ByteSearch.quote ? string(mustBeText: false) : value() else { return false }
            ranges.append(name)
            ranges.append(valueStart..<position)
            skipSpace()
            if take(UInt8(ascii: "}")) { return isAtEnd() }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func isAtEnd() -> Bool {
        skipSpace()
        return position == end
    }

    private func peek() -> UInt8? {
        position < end ? base.load(fromByteOffset: position, as: UInt8.self) : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0D { position += 1 }
    }

    /// A value that is not a string of the outer object: nested ones are walked with a stack of bits, one for each level, set for an object.
    private mutating func value() -> Bool {
        var depth = 0
        var objects: UInt64 = 0
        while true {
            skipSpace()
            switch peek() {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < Self.depthMax else { return false }
                let isObject = take(UInt8(ascii: "{"))
                if !isObject { position += 1 }
                objects = objects << 1 | (isObject ? 1 : 0)
                depth += 1
                skipSpace()
                if take(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    objects >>= 1
                    depth -= 1
                } else {
                    if isObject, !memberName() { return false }
                    continue
                }
            case ByteSearch.quote:
                guard string(mustBeText: true) else { return false }
            case UInt8(ascii: "t"): guard word("true") else { return false }
            case UInt8(ascii: "f"): guard word("false") else { return false }
            case UInt8(ascii: "n"): guard word("null") else { return false }
            default: guard number() else { return false }
            }
            while depth > 0 {
                skipSpace()
                let isObject = objects & 1 == 1
                if take(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    objects >>= 1
                    depth -= 1
                } else {
                    guard take(UInt8(ascii: ",")) else { return false }
                    if isObject, !memberName() { return false }
                    break
                }
            }
            if depth == 0 { return true }
        }
    }

    private mutating func memberName() -> Bool {
        skipSpace()
        guard string(mustBeText: true) else { return false }
        skipSpace()
        return take(UInt8(ascii: ":"))
    }

    private mutating func word(_ text: StaticString) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[index]) { return false }
        return true
    }

    private mutating func digits() -> Bool {
        let start = position
        while let byte = peek(), byte &- 0x30 <= 9 { position += 1 }
        return position > start
    }

    private mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), !digits() { return false }
        if take(UInt8(ascii: ".")), !digits() { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            return digits()
        }
        return true
    }

    private mutating func string(mustBeText: Bool) -> Bool {
        guard take(ByteSearch.quote) else { return false }
        var validator = UTF8Validator()
        while true {
            position = ByteSearch.firstSpecial(
                in: base, from: position, to: end, stopA: ByteSearch.quote, stopB: ByteSearch.quote,
                highIsPlain: false)
            while let byte = peek(), byte >= 0x80 {
                validator.consume(byte)
                position += 1
            }
            guard let byte = peek() else { return false }
            switch byte {
            case ByteSearch.quote:
                position += 1
                return !mustBeText || validator.isValid
            case ByteSearch.backslash:
                guard escape() else { return false }
            case 0..<0x20: return false
            default: position += 1
            }
            validator.consume(0x20)
        }
    }

    private mutating func escape() -> Bool {
        position += 1
        guard let letter = peek() else { return false }
        position += 1
        switch letter {
        case ByteSearch.quote, ByteSearch.backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = peek(), Hex.value(digit) != nil else { return false }
                position += 1
            }
            return true
        default: return false
        }
    }
}
