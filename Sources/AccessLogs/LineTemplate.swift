/// A compiled format: literals and fields in turn, and for each field how its end is found.
///
/// A line is accepted when there is exactly one way to divide it such that every field's text is one that the server can write. For most fields the
/// compiler proves that the first place where the next literal stands is the only possible end; formats or lines for which that fails are searched
/// completely (`LineTemplate+Search.swift`).
///
/// Immutable. A class, so that a scan holds one reference instead of one for each of its arrays.
final class LineTemplate: Sendable {
    /// A literal piece of the format, with its first eight bytes ready for one comparison. Holds no reference, so that the scanner counts none.
    struct Literal: Sendable {
        let word: UInt64
        let mask: UInt64
        let count: Int
        /// Whether there is more of it than `word`.
        let isLong: Bool
        /// How many of its bytes are quotes.
        let quoteCount: Int
        /// Where its bytes are in `literalBytes`.
        let start: Int

        init(_ bytes: [UInt8], start: Int) {
            var word: UInt64 = 0
            for (index, byte) in bytes.prefix(8).enumerated() { word |= UInt64(byte) << UInt64(8 * index) }
            self.word = word
            mask = bytes.count >= 8 ? .max : (1 << UInt64(8 * bytes.count)) - 1
            count = bytes.count
            isLong = bytes.count > 8
            quoteCount = bytes.count { $0 == ByteSearch.quote }
            self.start = start
        }
    }

    /// How the end of a field is known.
    enum Certainty: UInt8, Sendable {
        /// The first place where the literal stands is the only possible end.
        case certain
        /// As above, but only when the rest of the line fits; otherwise other places must be tried.
        case certainIfRestFits
        /// All places must be tried.
        case searched
    }

    /// The searches for the end of a text, each compiled by itself.
    enum Search: UInt8, Sendable {
        /// In ASCII to the closing quote: the long texts of a line.
        case quoted
        /// In ASCII, with more bytes to stop at.
        case unquoted
        /// Where bytes from 0x80 are plain.
        case high
    }

    /// How `scanPlain` finds the end of a field.
    enum PlainEnd: UInt8, Sendable {
        case none
        case atQuote
        /// At a space, a quote or the first byte of the literal.
        case atStop
        /// At a space or a quote.
        case atSpace
        case afterTime
        case afterDigits
        case afterStatus
    }

    /// A field and the literal after it. What the scanner asks of each field is worked out beforehand.
    struct Step: Sendable {
        let lexeme: Lexeme
        let isEscaped: Bool
        let isUser: Bool
        /// Whether its text has a byte at least, under this format's escaping.
        let isNeverEmpty: Bool
        let search: Search
        let plainEnd: PlainEnd
        /// How many quotes stand before its text in a plain line: those of the literals, as no plain text has one.
        let quotesBefore: Int
        let literal: Literal
        let stopA: UInt8
        let stopB: UInt8
        let certainty: Certainty
    }

    let prefix: Literal
    /// Memory of its own, written by `init` and never again, so all threads may read it: an array would be retained for every line.
    nonisolated(unsafe) let steps: UnsafeBufferPointer<Step>
    /// The bytes of all literals, one after another.
    let literalBytes: [UInt8]
    /// The escapings that may have written the line; all fields of a line agree on one.
    let escapes: [LogEscape]
    let dialects: UInt8
    /// The first of `escapes`, which a line without any escape is taken for.
    let firstEscape: LogEscape
    /// Pairs of fields that are the same variable.
    let duplicates: [(first: Int, second: Int)]
    let needsSearch: Bool
    /// Whether `scanPlain` knows all fields.
    let hasPlainLane: Bool
    /// How many quotes a plain line has.
    let quoteCount: Int

    /// A piece of a format, as its parser found it.
    enum Piece: Sendable {
        case literal([UInt8])
        case field(AccessLogFormat.Field, offset: Int)
    }

    init(_ pieces: [Piece], escapes: [LogEscape]) throws(AccessLogFormatError) {
        var literals: [[UInt8]] = [[]]
        var fields: [(field: AccessLogFormat.Field, offset: Int)] = []
        for piece in pieces {
            switch piece {
            case .literal(let bytes):
                if bytes.contains(UInt8(ascii: "\n")) {
                    throw AccessLogFormatError(.syntax, "a line break would make two lines of one; leave it out")
                }
                literals[literals.count - 1] += bytes
            case .field(let field, let offset):
                fields.append((field, offset))
                literals.append([])
            }
        }
        guard !fields.isEmpty else { throw AccessLogFormatError(.fieldCount, "there is no variable in it") }
        guard fields.count <= AccessLogFormat.fieldCountMax else {
            throw AccessLogFormatError(
                .fieldCount,
                "it has \(fields.count) variables; at most \(AccessLogFormat.fieldCountMax) are possible")
        }
        let lexemes = fields.map(\.field.kind.lexeme)
        for index in 1..<max(1, fields.count) where literals[index].isEmpty {
            let second = lexemes[index].firstBytes(escapes)
            guard second.isDisjoint(with: lexemes[index - 1].alphabet(escapes)) else {
                throw AccessLogFormatError(
                    .ambiguous,
                    "nothing stands between '\(fields[index - 1].field.name)' and '\(fields[index].field.name)', so no line could "
                        + "be divided with certainty; put a space or a quote between them",
                    offset: fields[index].offset)
            }
        }
        let analysis = EndAnalysis(lexemes: lexemes, literals: literals, escapes: escapes)
        let certainties = fields.indices.map { analysis.certainty(of: $0) }
        literalBytes = literals.flatMap { $0 }
        prefix = Literal(literals[0], start: 0)
        self.escapes = escapes
        firstEscape = escapes.first ?? .nginxDefault
        dialects = escapes.reduce(0) { $0 | $1.rawValue }
        let highIsPlain = escapes.allSatisfy { $0.isPlain(0x80) }
        var literalStart = literals[0].count
        var quotesBefore = prefix.quoteCount
        let steps = fields.indices.map { index in
            let literal = Literal(literals[index + 1], start: literalStart)
            defer {
                literalStart += literal.count
                quotesBefore += literal.quoteCount
            }
            let first = literals[index + 1].first ?? ByteSearch.quote
            let lexeme = lexemes[index]
            let stopA = lexeme.excludesSpace ? UInt8(ascii: " ") : first
            let isQuoted = stopA == ByteSearch.quote && first == ByteSearch.quote && !literals[index + 1].isEmpty
            let plainEnd: PlainEnd =
                switch lexeme {
                case .text where isQuoted: .atQuote
                case .token, .address, .user:
                    literal.count == 0 ? .none : stopA == UInt8(ascii: " ") && first == stopA ? .atSpace : .atStop
                case .timeLocal: .afterTime
                case .digits: .afterDigits
                case .status: .afterStatus
                default: .none
                }
            return Step(
                lexeme: lexeme, isEscaped: lexeme.isEscaped, isUser: lexeme == .user,
                isNeverEmpty: (lexeme == .address || lexeme == .user) && !escapes.contains { $0.absentText.isEmpty },
                search: highIsPlain
                    ? .high : stopA == ByteSearch.quote && first == ByteSearch.quote ? .quoted : .unquoted,
                plainEnd: plainEnd, quotesBefore: quotesBefore, literal: literal,
                stopA: stopA, stopB: first,
                certainty: certainties[index])
        }
        let needsSearch = certainties.contains { $0 == .searched }
        self.needsSearch = needsSearch
        quoteCount = quotesBefore
        hasPlainLane =
            !needsSearch && !highIsPlain && quotesBefore <= Self.plainQuoteCountMax
            && steps.allSatisfy { $0.plainEnd != .none && !$0.literal.isLong }
        let memory = UnsafeMutableBufferPointer<Step>.allocate(capacity: steps.count)
        _ = memory.initialize(from: steps)
        self.steps = UnsafeBufferPointer(memory)
        duplicates = fields.indices.compactMap { second in
            fields.firstIndex { $0.field.name == fields[second].field.name }.flatMap { first in
                first < second ? (first, second) : nil
            }
        }
    }

    deinit {
        // A step holds nothing that would have to be released.
        steps.deallocate()
    }

    /// Whether the literal stands at `position`.
    @inline(__always)
    func stands(_ literal: Literal, in base: UnsafeRawPointer, at position: Int, end: Int) -> Bool {
        if end - position >= 8, !literal.isLong {
            let text = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            return (text ^ literal.word) & literal.mask == 0
        }
        return standsBytewise(literal, in: base, at: position, end: end)
    }

    /// At the end of a line, and for long literals.
    private func standsBytewise(_ literal: Literal, in base: UnsafeRawPointer, at position: Int, end: Int) -> Bool {
        guard end - position >= literal.count else { return false }
        for index in 0..<literal.count
        where base.load(fromByteOffset: position + index, as: UInt8.self) != literalBytes[literal.start + index] {
            return false
        }
        return true
    }

    /// Writes the line of these values, one for each field and nil for a variable that does not exist, as the server does.
    func render(_ values: [[UInt8]?], escape: LogEscape) -> [UInt8] {
        var line = Array(literalBytes[..<prefix.count])
        for (step, value) in zip(steps, values) {
            switch value {
            case .none: line += escape.absentText
            case .some(let bytes) where !step.lexeme.isEscaped: line += bytes
            // nginx takes a user without a name for none.
            case .some(let bytes) where step.isUser && bytes.isEmpty:
                line += escape == .apache ? [ByteSearch.quote, ByteSearch.quote] : escape.absentText
            case .some(let bytes):
                for byte in bytes { escape.append(byte, to: &line) }
            }
            line += literalBytes[step.literal.start..<step.literal.start + step.literal.count]
        }
        return line
    }
}

/// Proves, where it can, that a field has only one possible end.
struct EndAnalysis {
    let lexemes: [Lexeme]
    let literals: [[UInt8]]
    let escapes: [LogEscape]

    func certainty(of index: Int) -> LineTemplate.Certainty {
        let literal = literals[index + 1]
        guard let first = literal.first else {
            return index == lexemes.count - 1 ? .certain : .searched
        }
        switch lexemes[index] {
        case .timeLocal, .timeISO8601, .timeError, .digits3, .digits6:
            return .certain
        case .numberList, .addressList:
            return listIsCertain(index, literal: literal) ? .certain : .searched
        case .digits, .status, .seconds, .decimal:
            return lexemes[index].alphabet(escapes).contains(first) ? .searched : .certain
        case .text, .user, .token, .address:
            let plain = lexemes[index].alphabet(escapes)
            if !plain.contains(first) { return .certain }
            return laterEndIsImpossible(index, literal: literal, plain: plain) ? .certainIfRestFits : .searched
        }
    }

    /// A list is read as far as its separators `, ` and ` : ` reach; an earlier end is possible only where one of them could also begin the literal.
    private func listIsCertain(_ index: Int, literal: [UInt8]) -> Bool {
        let space = UInt8(ascii: " ")
        let colon = UInt8(ascii: ":")
        guard let first = literal.first, first != UInt8(ascii: ",") else { return false }
        if first != space { return !lexemes[index].alphabet(escapes).contains(first) }
        if literal.count > 1 { return literal[1] != colon }
        guard index + 1 < lexemes.count else { return true }
        return !lexemes[index + 1].firstBytes(escapes).contains(colon)
            && !lexemes[index + 1].canBeEmpty(escapes)
    }

    /// Whether the literal cannot stand again between the end that was found and the first byte that this field never holds.
    ///
    /// The text up to there is known: the rest of the literal, the next fields and literals. If some byte of the literal occurs nowhere in it, the
    /// literal cannot. For `$remote_user [$time_local] "` that byte is the bracket: neither the time nor `] ` has one, and the quote ends the user's text.
    private func laterEndIsImpossible(_ index: Int, literal: [UInt8], plain: ByteSet) -> Bool {
        guard literal.allSatisfy({ plain.contains($0) }) else { return false }
        return literal.indices.contains { at in
            let needed = literal[at]
            guard !literal[(at + 1)...].contains(needed) else { return false }
            for next in (index + 1)..<max(index + 1, lexemes.count) {
                if lexemes[next].alphabet(escapes).union(lexemes[next].firstBytes(escapes)).contains(needed) {
                    return false
                }
                for byte in literals[next + 1] {
                    if !plain.contains(byte) { return true }
                    if byte == needed { return false }
                }
            }
            return true
        }
    }
}
