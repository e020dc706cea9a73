/// The functions an expression can call. Each comes to null when its argument is null.
enum ExpressionFunction: String, CaseIterable, Sendable {
    case length
    case lower
    case upper
    case trim
    case substring
    case number
    case text
    case time
    case abs
    case floor
    case ceil
    case round

    /// How many arguments it takes.
    var argumentCounts: ClosedRange<Int> { self == .substring ? 2...3 : 1...1 }

    /// What its arguments must be: text, a number, or anything.
    func parameterType(_ index: Int) -> ExpressionTree.StaticType {
        switch self {
        case .length, .lower, .upper, .trim: .text
        case .substring: index == 0 ? .text : .number
        case .number, .text, .time: .any
        case .abs, .floor, .ceil, .round: .number
        }
    }

    /// What it comes to.
    var resultType: ExpressionTree.StaticType {
        switch self {
        case .lower, .upper, .trim, .substring, .text: .text
        case .length, .number, .time, .abs, .floor, .ceil, .round: .number
        }
    }

    /// How it is called, for messages.
    var signature: String {
        switch self {
        case .substring: "substring(text, start, end)"
        case .length, .lower, .upper, .trim: "\(rawValue)(text)"
        case .number, .text, .time: "\(rawValue)(value)"
        case .abs, .floor, .ceil, .round: "\(rawValue)(number)"
        }
    }

    /// Calls the function; an argument of the wrong type rejects the record.
    func call(_ arguments: [ExpressionValue]) throws(StageError) -> ExpressionValue {
        guard let first = arguments.first else { return .null }
        if first == .null { return .null }
        switch self {
        case .length: return .integer(Int64(Self.characterStarts(try textArgument(first)).count))
        case .lower: return .text(Self.mapCase(try textArgument(first), toUpper: false))
        case .upper: return .text(Self.mapCase(try textArgument(first), toUpper: true))
        case .trim: return .text(Self.trimmed(try textArgument(first)))
        case .substring: return try substring(try textArgument(first), arguments.dropFirst())
        case .number: return Self.number(first)
        case .text: return first.text.map { .text($0) } ?? .null
        case .time: return Self.time(first)
        case .abs:
            guard case .integer(let value) = first, value != .min else {
                return .decimal(try numberArgument(first).magnitude)
            }
            return .integer(Swift.abs(value))
        case .floor, .ceil, .round:
            if case .integer = first { return first }
            let rule: FloatingPointRoundingRule =
                self == .floor ? .down : self == .ceil ? .up : .toNearestOrAwayFromZero
            let rounded = try numberArgument(first).rounded(rule)
            return Int64(exactly: rounded).map { .integer($0) } ?? .decimal(rounded)
        }
    }

    private func textArgument(_ value: ExpressionValue) throws(StageError) -> ArraySlice<UInt8> {
        guard case .text(let text) = value else { throw wrongType(value, expected: "text") }
        return text
    }

    private func numberArgument(_ value: ExpressionValue) throws(StageError) -> Double {
        guard let number = value.number else { throw wrongType(value, expected: "a number") }
        return number
    }

    private func wrongType(_ value: ExpressionValue, expected: String) -> StageError {
        Expression.typeError("\(rawValue)() wants \(expected) and was given \(value.typeName)")
    }

    /// The bytes at which characters (code points) begin: all but UTF-8's continuation bytes.
    private static func characterStarts(_ text: ArraySlice<UInt8>) -> [Int] {
        text.indices.filter { text[$0] & 0xC0 != 0x80 }
    }

    private func substring(
        _ text: ArraySlice<UInt8>, _ bounds: ArraySlice<ExpressionValue>
    ) throws(StageError) -> ExpressionValue {
        let starts = Self.characterStarts(text)
        var places: [Int] = []
        for bound in bounds {
            if bound == .null { return .null }
            let place = try numberArgument(bound)
            // Clamped before it becomes an integer: an infinite or huge bound is the text's end.
            places.append(place.isNaN ? 0 : Int(Swift.min(Swift.max(place, 0), Double(starts.count))))
        }
        let start = places.first ?? 0
        let end = places.count > 1 ? places[1] : starts.count
        func byte(_ place: Int) -> Int { place < starts.count ? starts[place] : text.endIndex }
        return .text(start < end ? text[byte(start)..<byte(end)] : [])
    }

    private static func mapCase(_ text: ArraySlice<UInt8>, toUpper: Bool) -> ArraySlice<UInt8> {
        guard text.allSatisfy({ $0 < 0x80 }) else {
            let string = String(decoding: text, as: UTF8.self)
            return ArraySlice((toUpper ? string.uppercased() : string.lowercased()).utf8)
        }
        let letters: ClosedRange<UInt8> = toUpper ? 0x61...0x7A : 0x41...0x5A
        guard text.contains(where: { letters.contains($0) }) else { return text }
        return ArraySlice(text.map { letters.contains($0) ? $0 ^ 0x20 : $0 })
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return text[first...last]
    }

    private static func number(_ value: ExpressionValue) -> ExpressionValue {
        switch value {
        case .integer, .decimal: return value
        case .text(let text):
            let bytes = Array(text)
            var position = 0
            guard let first = bytes.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
                let kind = try? JSONScanner.skipValue(bytes.span, &position), position == bytes.count
            else { return .null }
            switch JSONNumber(bytes.span, 0..<position, isDecimal: kind == .decimal) {
            case .integer(let value): return .integer(value)
            case .decimal(let value): return .decimal(value)
            }
        default: return .null
        }
    }

    private static func time(_ value: ExpressionValue) -> ExpressionValue {
        switch value {
        case .integer, .decimal: value
        case .text(let text):
            text.withUnsafeBufferPointer { RFC3339.milliseconds($0.span) }.map { .integer($0) } ?? .null
        default: .null
        }
    }
}
