/// The place of a value in an object: a member of it, and the steps from there into the objects and arrays that the scanner has already passed.
///
/// A class, so that a look-up counts one reference, and so that what is looked up again is known by its identity.
final class JSONPath: Sendable {
    /// One step from a value to one it holds.
    enum Step: Hashable, Sendable {
        /// An object's member.
        case member([UInt8])
        /// An array's element, counted from 0.
        case element(Int)
    }

    /// The top-level member's name.
    let first: [UInt8]
    /// The steps from there.
    let rest: [Step]

    init(first: [UInt8], rest: [Step]) {
        self.first = first
        self.rest = rest
    }

    /// The value `step` leads to from the valid value in `range`; nil where there is none.
    static func follow(_ step: Step, in text: Span<UInt8>, _ range: Range<Int>) -> (
        kind: JSONScanner.Kind, range: Range<Int>
    )? {
        let isObject: Bool
        switch step {
        case .member: isObject = true
        case .element: isObject = false
        }
        guard !range.isEmpty, text[range.lowerBound] == (isObject ? UInt8(ascii: "{") : UInt8(ascii: "[")) else {
            return nil
        }
        // The text was checked before, so an error here is no more than an end.
        return try? search(step, in: text, from: JSONScanner.skipSpace(text, range.lowerBound + 1), isObject: isObject)
    }

    private static func search(
        _ step: Step, in text: Span<UInt8>, from start: Int, isObject: Bool
    ) throws(JSONError) -> (kind: JSONScanner.Kind, range: Range<Int>)? {
        var found: (kind: JSONScanner.Kind, range: Range<Int>)?
        var position = start
        var index = 0
        let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        if position < text.count, text[position] == end { return nil }
        while true {
            var isWanted = step == .element(index)
            if isObject {
                let (name, hasEscapes) = try JSONScanner.skipName(text, &position)
                isWanted = matches(step, text, name, hasEscapes: hasEscapes)
            }
            let valueStart = position
            let kind = try JSONScanner.skipValue(text, &position)
            if isWanted {
                found = (kind, valueStart..<position)
                if !isObject { return found }
            }
            index += 1
            guard try JSONScanner.skipComma(text, &position, end: end) else { return found }
        }
    }

    private static func matches(_ step: Step, _ text: Span<UInt8>, _ name: Range<Int>, hasEscapes: Bool) -> Bool {
        guard case .member(let wanted) = step else { return false }
        if hasEscapes { return JSONText.decode(text, name) == wanted }
        guard wanted.count == name.count else { return false }
        return wanted.indices.allSatisfy { wanted[$0] == text[name.lowerBound + $0] }
    }
}
