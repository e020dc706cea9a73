/// What a field holds: which texts a server can write for it, and how it appears in JSON.
package enum FieldKind: Sendable, Equatable {
    /// Any text, escaped as the format says.
    case text
    /// Text in which the server writes no space.
    case token
    /// An address or host name: a token that is not empty.
    case address
    /// A user name from the request; Apache writes an empty one as two quotes.
    case user
    /// The request line. In JSON also split into `method`, `uri` and `protocol`.
    case request
    /// An unsigned whole number without leading zeros, at most 18 digits.
    case integer
    /// An HTTP status: three digits, `009` for HTTP/0.9 and `000` for none in nginx.
    case status
    /// Seconds with exactly three decimals, as nginx writes durations.
    case seconds
    /// Text from the request that is a number in JSON when it is one in canonical form.
    case numericText
    /// One number (whole or with three decimals) or `-` for each upstream tried, joined by `, ` and ` : `.
    case numberList
    /// One address, name or `-` for each upstream tried, joined by `, ` and ` : `.
    case addressList
    /// A decimal number with a fraction, such as nginx's `$gzip_ratio`.
    case decimal
    /// `22/Nov/2026:22:07:02 +0000`.
    case timeLocal
    /// `2026-11-22T22:07:02+00:00`.
    case timeISO8601
    /// `2026/11/22 22:07:02`, the time of nginx's error log, which names no zone and is read as UTC.
    case timeError
    /// Seconds since the epoch.
    case epochSeconds
    /// Seconds since the epoch with three decimals, nginx's `$msec`.
    case epochSecondsMillis
    /// Milliseconds since the epoch.
    case epochMilliseconds
    /// Microseconds since the epoch.
    case epochMicroseconds
    /// Digits of fixed width with leading zeros, such as the milliseconds of a second.
    case fixedDigits(Int)
    /// The whole line, a JSON object.
    case object

    /// Whether the field tells when the line was written.
    var isTime: Bool {
        switch self {
        case .timeLocal, .timeISO8601, .timeError, .epochSeconds, .epochSecondsMillis, .epochMilliseconds,
            .epochMicroseconds:
            true
        default: false
        }
    }

    /// The shape of its texts, which is all that the scanner looks at.
    var lexeme: Lexeme {
        switch self {
        case .text, .request, .numericText, .object: .text
        case .user: .user
        case .token: .token
        case .address: .address
        case .integer, .epochSeconds, .epochMilliseconds, .epochMicroseconds: .digits
        case .status: .status
        case .seconds, .epochSecondsMillis: .seconds
        case .decimal: .decimal
        case .numberList: .numberList
        case .addressList: .addressList
        case .timeLocal: .timeLocal
        case .timeISO8601: .timeISO8601
        case .timeError: .timeError
        case .fixedDigits(let width): width == 3 ? .digits3 : .digits6
        }
    }
}

/// The shapes of field texts.
enum Lexeme: UInt8, Sendable {
    case text
    case user
    case token
    case address
    case digits
    case status
    case seconds
    case decimal
    case digits3
    case digits6
    case numberList
    case addressList
    case timeLocal
    case timeISO8601
    case timeError

    /// Whether its texts are escaped by the format's rule, a unit at a time.
    var isEscaped: Bool { rawValue <= Lexeme.address.rawValue }

    /// Whether a space never stands in it as it is.
    var excludesSpace: Bool { self == .token || self == .address }

    /// Whether the variable may have no value.
    var canBeAbsent: Bool {
        switch self {
        case .timeLocal, .timeISO8601, .timeError, .digits3, .digits6: false
        default: true
        }
    }

    /// All bytes that can stand in its texts, outside of escapes at the start of a unit only.
    func alphabet(_ escapes: [LogEscape]) -> ByteSet {
        switch self {
        case .text, .user: escapes.reduce(ByteSet()) { $0.union($1.unitStarts) }
        case .token, .address: Lexeme.text.alphabet(escapes).subtracting([UInt8(ascii: " ")])
        case .digits, .status: ByteSet("-0123456789".utf8)
        case .digits3, .digits6: ByteSet("0123456789".utf8)
        case .seconds, .decimal: ByteSet("-.0123456789".utf8)
        case .numberList: ByteSet("-.0123456789,: ".utf8)
        case .addressList: ByteSet(0x20...0x7E).subtracting([ByteSearch.quote, ByteSearch.backslash])
        case .timeLocal: ByteSet("0123456789/: +-JanFebMarAprMayJunJulAugSepOctNovDec".utf8)
        case .timeISO8601: ByteSet("0123456789-T:+".utf8)
        case .timeError: ByteSet("0123456789/: ".utf8)
        }
    }

    /// All bytes that its texts can begin with.
    func firstBytes(_ escapes: [LogEscape]) -> ByteSet {
        switch self {
        case .user:
            escapes.contains(.apache) ? alphabet(escapes).union(ByteSet([ByteSearch.quote])) : alphabet(escapes)
        case .numberList: ByteSet("-0123456789".utf8)
        case .addressList: alphabet(escapes).subtracting(" ,:".utf8)
        case .timeLocal, .timeISO8601, .timeError: ByteSet("0123456789".utf8)
        default: alphabet(escapes)
        }
    }

    /// Whether the empty text is one of its texts.
    func canBeEmpty(_ escapes: [LogEscape]) -> Bool {
        switch self {
        case .text, .user, .token: true
        default: canBeAbsent && escapes.contains { $0.absentText.isEmpty }
        }
    }
}
