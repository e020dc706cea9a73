/// How a server writes the bytes of a value into a line: each unit of a value is written in exactly one way, so a text is canonical or it is not the server's.
///
/// Read from nginx 1.22 (`ngx_http_log_escape`, `ngx_escape_json`) and Apache 2.4 (`ap_escape_logitem`), and checked against both by the tests.
enum LogEscape: UInt8, Sendable, CaseIterable {
    /// nginx `escape=default`: `\xHH`, upper case, for quote, backslash, controls and everything from 0x7F.
    case nginxDefault = 1
    /// Apache: `\"`, `\\`, `\b \n \r \t \v`, and `\xhh`, lower case, for the other controls and everything from 0x7F.
    case apache = 2
    /// nginx `escape=json`: JSON's own escapes, upper-case `\u00HH` for the other controls; the rest as it is.
    case json = 4
    /// nginx `escape=none`.
    case none = 8

    /// The text of a variable that does not exist.
    var absentText: [UInt8] {
        switch self {
        case .nginxDefault, .apache: [UInt8(ascii: "-")]
        case .json, .none: []
        }
    }

    /// Whether this byte is written as it is.
    func isPlain(_ byte: UInt8) -> Bool {
        switch self {
        case .nginxDefault, .apache:
            byte >= 0x20 && byte < 0x7F && byte != ByteSearch.quote && byte != ByteSearch.backslash
        case .json: byte >= 0x20 && byte != ByteSearch.quote && byte != ByteSearch.backslash
        case .none: byte != UInt8(ascii: "\n")
        }
    }

    /// The bytes that can stand at the start of a unit of a text, the backslash of an escape included.
    var unitStarts: ByteSet {
        var set = ByteSet((0...255).filter { isPlain($0) })
        if self != .none { set.insert(ByteSearch.backslash) }
        return set
    }

    /// The escapes that use a letter or the byte itself after the backslash.
    private func shortEscape(of byte: UInt8) -> UInt8? {
        switch (self, byte) {
        case (.apache, ByteSearch.quote), (.apache, ByteSearch.backslash): byte
        case (.json, ByteSearch.quote), (.json, ByteSearch.backslash): byte
        case (.apache, 0x08), (.json, 0x08): UInt8(ascii: "b")
        case (.apache, 0x0A), (.json, 0x0A): UInt8(ascii: "n")
        case (.apache, 0x0D), (.json, 0x0D): UInt8(ascii: "r")
        case (.apache, 0x09), (.json, 0x09): UInt8(ascii: "t")
        case (.apache, 0x0B): UInt8(ascii: "v")
        case (.json, 0x0C): UInt8(ascii: "f")
        default: nil
        }
    }

    /// Writes one byte of a value as the server does.
    func append(_ byte: UInt8, to output: inout [UInt8]) {
        if isPlain(byte) || self == .none {
            output.append(byte)
            return
        }
        output.append(ByteSearch.backslash)
        if let short = shortEscape(of: byte) {
            output.append(short)
            return
        }
        let digits = self == .apache ? Hex.lower : Hex.upper
        output.append(self == .json ? UInt8(ascii: "u") : UInt8(ascii: "x"))
        if self == .json { output.append(contentsOf: [UInt8(ascii: "0"), UInt8(ascii: "0")]) }
        output.append(digits[Int(byte >> 4)])
        output.append(digits[Int(byte & 15)])
    }

    /// An escape that stands at a backslash.
    struct Unit {
        /// The byte it stands for.
        let byte: UInt8
        /// How many bytes of the line it takes.
        let length: Int
        /// The raw values, or-ed, of the escapings that write this byte in this way.
        let dialects: UInt8
    }

    /// Reads the escape at a backslash; nil when it is no escape that one of `dialects` writes.
    static func unit(in base: UnsafeRawPointer, at position: Int, end: Int, dialects: UInt8) -> Unit? {
        guard end - position >= 2 else { return nil }
        let letter = base.load(fromByteOffset: position + 1, as: UInt8.self)
        let unit: Unit?
        switch letter {
        case UInt8(ascii: "x"): unit = hexUnit(in: base, at: position, end: end)
        case UInt8(ascii: "u"): unit = unicodeUnit(in: base, at: position, end: end)
        case ByteSearch.quote, ByteSearch.backslash:
            unit = Unit(byte: letter, length: 2, dialects: apache.rawValue | json.rawValue)
        case UInt8(ascii: "b"): unit = Unit(byte: 0x08, length: 2, dialects: apache.rawValue | json.rawValue)
        case UInt8(ascii: "n"): unit = Unit(byte: 0x0A, length: 2, dialects: apache.rawValue | json.rawValue)
        case UInt8(ascii: "r"): unit = Unit(byte: 0x0D, length: 2, dialects: apache.rawValue | json.rawValue)
        case UInt8(ascii: "t"): unit = Unit(byte: 0x09, length: 2, dialects: apache.rawValue | json.rawValue)
        case UInt8(ascii: "v"): unit = Unit(byte: 0x0B, length: 2, dialects: apache.rawValue)
        case UInt8(ascii: "f"): unit = Unit(byte: 0x0C, length: 2, dialects: json.rawValue)
        default: unit = nil
        }
        guard let unit, unit.dialects & dialects != 0 else { return nil }
        return unit
    }

    private static func hexUnit(in base: UnsafeRawPointer, at position: Int, end: Int) -> Unit? {
        guard end - position >= 4 else { return nil }
        let high = base.load(fromByteOffset: position + 2, as: UInt8.self)
        let low = base.load(fromByteOffset: position + 3, as: UInt8.self)
        guard let upper = Hex.value(high), let lower = Hex.value(low) else { return nil }
        let byte = upper << 4 | lower
        var dialects: UInt8 = 0
        if !Hex.isLower(high), !Hex.isLower(low), !nginxDefault.isPlain(byte) { dialects |= nginxDefault.rawValue }
        if !Hex.isUpper(high), !Hex.isUpper(low), !apache.isPlain(byte), apache.shortEscape(of: byte) == nil {
            dialects |= apache.rawValue
        }
        return Unit(byte: byte, length: 4, dialects: dialects)
    }

    private static func unicodeUnit(in base: UnsafeRawPointer, at position: Int, end: Int) -> Unit? {
        guard end - position >= 6 else { return nil }
        let zeros = base.loadUnaligned(fromByteOffset: position + 2, as: UInt16.self)
        let high = base.load(fromByteOffset: position + 4, as: UInt8.self)
        let low = base.load(fromByteOffset: position + 5, as: UInt8.self)
        guard zeros == 0x3030, let upper = Hex.value(high), let lower = Hex.value(low) else { return nil }
        let byte = upper << 4 | lower
        guard byte < 0x20, !Hex.isLower(low), json.shortEscape(of: byte) == nil else { return nil }
        return Unit(byte: byte, length: 6, dialects: json.rawValue)
    }
}

/// Hexadecimal digits in both cases, since the case tells which server wrote an escape.
enum Hex {
    static let upper = [UInt8]("0123456789ABCDEF".utf8)
    static let lower = [UInt8]("0123456789abcdef".utf8)

    /// The lower-case digit of a value below 16.
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value & 15) - 10
    }

    static func isLower(_ digit: UInt8) -> Bool { digit >= UInt8(ascii: "a") && digit <= UInt8(ascii: "f") }

    static func isUpper(_ digit: UInt8) -> Bool { digit >= UInt8(ascii: "A") && digit <= UInt8(ascii: "F") }

    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The bytes of a value, read through the escapes of its text.
///
/// The text has been scanned, so every backslash begins an escape; `none` has no escapes and its backslashes are themselves.
struct UnescapedBytes: Sequence, IteratorProtocol {
    private let base: UnsafeRawPointer
    private var position: Int
    private let end: Int
    private let dialects: UInt8

    init(base: UnsafeRawPointer, range: Range<Int>, escape: LogEscape) {
        self.base = base
        self.position = range.lowerBound
        self.end = range.upperBound
        self.dialects = escape == .none ? 0 : escape.rawValue
    }

    mutating func next() -> UInt8? {
        guard position < end else { return nil }
        let byte = base.load(fromByteOffset: position, as: UInt8.self)
        if byte == ByteSearch.backslash,
            let unit = LogEscape.unit(in: base, at: position, end: end, dialects: dialects)
        {
            position += unit.length
            return unit.byte
        }
        position += 1
        return byte
    }
}
