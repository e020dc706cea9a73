/// Reads the string of an Apache `LogFormat`, as it stands between its quotes in the configuration.
struct ApacheLogFormat {
    private let bytes: [UInt8]
    private var position = 0
    private var pieces: [LineTemplate.Piece] = []
    private var literal: [UInt8] = []
    private var names: [String: String] = [:]
    private let hasFinalStatus: Bool

    static func pieces(_ format: String) throws(AccessLogFormatError) -> [LineTemplate.Piece] {
        var reader = ApacheLogFormat(format)
        return try reader.read()
    }

    private init(_ format: String) {
        bytes = Array(format.utf8)
        hasFinalStatus = format.contains("%>s")
    }

    private mutating func read() throws(AccessLogFormatError) -> [LineTemplate.Piece] {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "%") {
                try directive()
            } else if byte == ByteSearch.backslash, position + 1 < bytes.count,
                let plain = unquoted(bytes[position + 1])
            {
                literal.append(plain)
                position += 2
            } else {
                literal.append(byte)
                position += 1
            }
        }
        flushLiteral()
        return pieces
    }

    private func unquoted(_ byte: UInt8) -> UInt8? {
        switch byte {
        case ByteSearch.quote, ByteSearch.backslash: byte
        case UInt8(ascii: "t"): UInt8(ascii: "\t")
        case UInt8(ascii: "r"): UInt8(ascii: "\r")
        case UInt8(ascii: "n"): UInt8(ascii: "\n")
        default: nil
        }
    }

    private mutating func flushLiteral() {
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        literal = []
    }

    /// `%`, status conditions, `<` or `>`, `{argument}`, then a letter, `^ti` or `^to`.
    private mutating func directive() throws(AccessLogFormatError) {
        let start = position
        position += 1
        var argument: String?
        var isFinal = false
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "%"):
                literal.append(byte)
                return
            case UInt8(ascii: "!"), UInt8(ascii: ","), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "<"):
                continue
            case UInt8(ascii: ">"): isFinal = true
            case UInt8(ascii: "{"):
                guard let close = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else {
                    throw AccessLogFormatError(.syntax, "this '%{' needs a closing '}'", offset: start)
                }
                argument = String(decoding: bytes[position..<close], as: UTF8.self)
                position = close + 1
            case UInt8(ascii: "^"):
                guard position + 1 < bytes.count else {
                    throw AccessLogFormatError(.syntax, "'%^' needs 'ti' or 'to'", offset: start)
                }
                let letters = String(decoding: bytes[position...position + 1], as: UTF8.self)
                position += 2
                try append("^" + letters, argument, isFinal, start)
                return
            default:
                try append(String(UnicodeScalar(byte)), argument, isFinal, start)
                return
            }
        }
        throw AccessLogFormatError(
            .syntax, "a '%' must begin a directive; write '%%' for a percent sign", offset: start)
    }

    private mutating func append(
        _ letter: String, _ argument: String?, _ isFinal: Bool, _ start: Int
    ) throws(AccessLogFormatError) {
        guard var field = ApacheDirectives.field(letter, argument) else {
            let written = argument.map { "%{\($0)}\(letter)" } ?? "%\(letter)"
            throw AccessLogFormatError(
                .unknownDirective, "'\(written)' is not a directive that is known here", offset: start)
        }
        if letter == "s", !isFinal, hasFinalStatus { field.name = "original_status" }
        let isBracketed = field.name == "time_local"
        // Two different directives with one nginx name are two values.
        let identity = "\(letter){\(argument ?? "")}\(isFinal)"
        var name = field.name
        var number = 2
        while let other = names[name], other != identity {
            name = "\(field.name)_\(number)"
            number += 1
        }
        names[name] = identity
        field.name = name
        if isBracketed { literal.append(UInt8(ascii: "[")) }
        flushLiteral()
        pieces.append(.field(field, offset: start))
        if isBracketed { literal.append(UInt8(ascii: "]")) }
    }
}

/// What Apache's directives hold, under the names of nginx's variables where there is one.
enum ApacheDirectives {
    static func field(_ letter: String, _ argument: String?) -> AccessLogFormat.Field? {
        switch (letter, argument) {
        case ("t", let argument): time(argument ?? "")
        case ("T", let unit): duration(unit ?? "s")
        case ("p", let which): port(which ?? "canonical")
        case ("P", let which): process(which ?? "pid")
        case ("a", "c"), ("h", "c"): .init(name: "realip_remote_addr", kind: .address)
        case ("i", let name?): .init(name: "http_" + variable(name), kind: .text)
        case ("o", let name?):
            .init(name: "sent_http_" + variable(name), kind: variable(name) == "content_length" ? .numericText : .text)
        case ("C", let name?): .init(name: "cookie_" + name, kind: .text)
        case ("e", let name?): .init(name: "env_" + name, kind: .text)
        case ("n", let name?): .init(name: "note_" + name, kind: .text)
        case ("^ti", let name?): .init(name: "trailer_" + variable(name), kind: .text)
        case ("^to", let name?): .init(name: "sent_trailer_" + variable(name), kind: .text)
        case (let letter, nil): plain[letter]
        default: nil
        }
    }

    private static let plain: [String: AccessLogFormat.Field] = [
        "a": .init(name: "remote_addr", kind: .address), "A": .init(name: "server_addr", kind: .address),
        "B": .init(name: "body_bytes_sent", kind: .integer), "b": .init(name: "body_bytes_sent", kind: .integer),
        "D": .init(name: "request_time_us", kind: .integer), "f": .init(name: "request_filename", kind: .text),
        "h": .init(name: "remote_addr", kind: .address), "H": .init(name: "server_protocol", kind: .token),
        "I": .init(name: "request_length", kind: .integer), "k": .init(name: "keepalive_requests", kind: .integer),
        "l": .init(name: "remote_logname", kind: .token), "L": .init(name: "request_id", kind: .token),
        "m": .init(name: "request_method", kind: .token), "O": .init(name: "bytes_sent", kind: .integer),
        "q": .init(name: "query", kind: .text), "r": .init(name: "request", kind: .request),
        "R": .init(name: "handler", kind: .token), "s": .init(name: "status", kind: .status),
        "S": .init(name: "bytes_transferred", kind: .integer), "u": .init(name: "remote_user", kind: .user),
        "U": .init(name: "uri", kind: .text), "v": .init(name: "server_name", kind: .token),
        "V": .init(name: "host", kind: .token), "X": .init(name: "connection_status", kind: .token),
    ]

    private static func time(_ argument: String) -> AccessLogFormat.Field? {
        var format = Substring(argument)
        for moment in ["begin:", "end:"] where format.hasPrefix(moment) { format = format.dropFirst(moment.count) }
        return switch format {
        case "", "begin", "end": .init(name: "time_local", kind: .timeLocal)
        case "sec": .init(name: "time_sec", kind: .epochSeconds)
        case "msec": .init(name: "time_msec", kind: .epochMilliseconds)
        case "usec": .init(name: "time_usec", kind: .epochMicroseconds)
        case "msec_frac": .init(name: "time_msec_frac", kind: .fixedDigits(3))
        case "usec_frac": .init(name: "time_usec_frac", kind: .fixedDigits(6))
        case "%d/%b/%Y:%H:%M:%S %z", "%d/%b/%Y:%T %z": .init(name: "time_strftime", kind: .timeLocal)
        default: .init(name: "time_strftime", kind: .text)
        }
    }

    private static func duration(_ unit: String) -> AccessLogFormat.Field? {
        switch unit {
        case "s": .init(name: "request_time", kind: .integer)
        case "ms": .init(name: "request_time_ms", kind: .integer)
        case "us": .init(name: "request_time_us", kind: .integer)
        default: nil
        }
    }

    private static func port(_ which: String) -> AccessLogFormat.Field? {
        switch which {
        case "canonical": .init(name: "server_port", kind: .integer)
        case "local": .init(name: "local_port", kind: .integer)
        case "remote": .init(name: "remote_port", kind: .integer)
        default: nil
        }
    }

    private static func process(_ which: String) -> AccessLogFormat.Field? {
        switch which {
        case "pid": .init(name: "pid", kind: .integer)
        case "tid": .init(name: "tid", kind: .integer)
        case "hextid": .init(name: "tid", kind: .token)
        default: nil
        }
    }

    /// A header's name as nginx names its variable.
    private static func variable(_ header: String) -> String {
        header.lowercased().replacing("-", with: "_")
    }
}
