import Settings

/// A word of the expression language.
struct ExpressionToken {
    /// The kinds of word.
    enum Kind: Equatable {
        case number(ExpressionValue)
        case text([UInt8])
        case name(String)
        case symbol(String)
        case end
    }

    let kind: Kind
    /// The byte it begins at.
    let offset: Int

    /// The token as a message quotes it.
    var quoted: String {
        switch kind {
        case .number(let value): "'\(String(decoding: value.text ?? [], as: UTF8.self))'"
        case .text(let bytes): "text '\(String(decoding: bytes, as: UTF8.self))'"
        case .name(let name), .symbol(let name): "'\(name)'"
        case .end: "the end"
        }
    }
}

/// Cuts a text into words.
struct ExpressionLexer {
    private static let symbols = [
        "&&", "||", "==", "!=", "<=", ">=", "?:", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".",
        "?", ":",
    ]

    private let source: SourceText
    private let bytes: [UInt8]
    private var position = 0

    init(_ source: SourceText) {
        self.source = source
        self.bytes = Array(source.text.utf8)
    }

    /// All words of a text, with an `.end` behind them.
    static func tokens(of source: SourceText) throws(ExpressionError) -> [ExpressionToken] {
        var lexer = ExpressionLexer(source)
        var tokens: [ExpressionToken] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private mutating func next() throws(ExpressionError) -> ExpressionToken {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        let start = position
        guard position < bytes.count else { return ExpressionToken(kind: .end, offset: start) }
        let byte = bytes[position]
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
            return ExpressionToken(kind: .text(try text(quote: byte)), offset: start)
        }
        if isDigit(byte) { return ExpressionToken(kind: .number(try number()), offset: start) }
        if isLetter(byte) {
            while position < bytes.count, isLetter(bytes[position]) || isDigit(bytes[position]) { position += 1 }
            return ExpressionToken(kind: .name(string(from: start)), offset: start)
        }
        for symbol in Self.symbols where bytes[start...].starts(with: symbol.utf8) {
            position += symbol.utf8.count
            return ExpressionToken(kind: .symbol(symbol), offset: start)
        }
        throw unknownCharacter()
    }

    private func unknownCharacter() -> ExpressionError {
        let rest = String(decoding: bytes[position...], as: UTF8.self)
        let character = rest.first.map(String.init) ?? ""
        let advice = ["=": "write '==' to compare", "&": "write '&&' or 'and'", "|": "write '||' or 'or'"][character]
        return error(advice ?? "'\(character)' has no meaning here", at: position)
    }

    private mutating func text(quote: UInt8) throws(ExpressionError) -> [UInt8] {
        let start = position
        var text: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == quote {
                // A doubled quote stands for one, as in Spring's expressions.
                guard position < bytes.count, bytes[position] == quote else { return text }
                position += 1
                text.append(quote)
            } else if byte == UInt8(ascii: "\\") {
                text.append(try escape())
            } else {
                text.append(byte)
            }
        }
        throw error("the text has no closing \(quote == UInt8(ascii: "'") ? "'" : "\"")", at: start)
    }

    private mutating func escape() throws(ExpressionError) -> UInt8 {
        guard position < bytes.count else { throw error("the text has no closing quote", at: position - 1) }
        defer { position += 1 }
        switch bytes[position] {
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return bytes[position]
        default: throw error(#"an unknown escape; there are \n \t \r \\ \' and \""#, at: position - 1)
        }
    }

    private mutating func number() throws(ExpressionError) -> ExpressionValue {
        let start = position
        let isDecimal: Bool
        do {
            var end = start
            isDecimal = try JSONScanner.skipValue(bytes.span, &end) == .decimal
            position = end
        } catch {
            throw self.error("not a number: \(error.message)", at: start)
        }
        guard position == bytes.count || !isLetter(bytes[position]) else {
            throw error("a number ends in a letter; put text between quotes", at: start)
        }
        switch JSONNumber(bytes.span, start..<position, isDecimal: isDecimal) {
        case .integer(let value): return .integer(value)
        case .decimal(let value): return .decimal(value)
        }
    }

    private func string(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_") }

    private func error(_ message: String, at offset: Int) -> ExpressionError {
        ExpressionError(message, at: offset, of: source)
    }
}
