import CByteMask
import Glibc

/// The members of one JSON object by their places in its text. Reused from record to record, it allocates only to grow.
struct JSONFields {
    /// One member.
    struct Member {
        fileprivate let nameStart: Int32
        fileprivate let nameEnd: Int32
        fileprivate let valueStart: Int32
        fileprivate let valueEnd: Int32
        /// What kind of value it has.
        let kind: JSONScanner.Kind
        /// Whether the name is written with escapes.
        let nameHasEscapes: Bool

        fileprivate static let unused = Member(
            nameStart: 0, nameEnd: 0, valueStart: 0, valueEnd: 0, kind: .null, nameHasEscapes: false)

        /// The name's bytes between its quotes.
        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        /// The whole value; of a string with its quotes.
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    /// The first `count` are the members; the rest is room for those of greater objects.
    private var slots = Array(repeating: Member.unused, count: 32)
    private var count = 0
    /// Where the quotes of a compact object are. It does not grow: an object with more is read the long way, and leaves nothing behind.
    private var quotes = [Int](repeating: 0, count: 256 + Int(CBYTEMASK_SLACK))

    /// The members in the order they are written.
    var members: ArraySlice<Member> { slots[..<count] }

    /// Forgets the members.
    mutating func removeAll() { count = 0 }

    /// Takes in the object that is the whole of `text`.
    mutating func scan(_ text: Span<UInt8>) throws(JSONError) {
        count = 0
        guard text.count < Int(Int32.max) else { throw JSONError("more than 2 GiB", at: 0) }
        if let found = scanCompact(text) {
            count = found
            return
        }
        let start = JSONScanner.skipSpace(text, 0)
        guard start < text.count, text[start] == UInt8(ascii: "{") else {
            throw JSONError("no object begins", at: start)
        }
        while true {
            // Writing through a span checks the array's uniqueness once per object and not once per member.
            var room = slots.mutableSpan
            if let found = try Self.scanMembers(text, from: start, into: &room) {
                count = found
                return
            }
            slots.append(contentsOf: repeatElement(Member.unused, count: slots.count))
        }
    }

    /// The short way for an object as programs write it: no white space between its parts, no escape, no object or array in it. Its strings then end at
    /// the next quote, and one pass finds all quotes: a third of the time of `scanMembers`, which takes what this leaves.
    /// - Returns: how many members there are; nil for an object that is no such one, or is none at all.
    private mutating func scanCompact(_ text: Span<UInt8>) -> Int? {
        text.withUnsafeBytes { bytes in
            quotes.withUnsafeMutableBufferPointer { quotes in
                slots.withUnsafeMutableBufferPointer { room in
                    Self.scanCompact(text, bytes, noting: quotes, into: room)
                }
            }
        }
    }

    @inline(__always)
    private static func scanCompact(
        _ text: Span<UInt8>, _ bytes: UnsafeRawBufferPointer, noting places: UnsafeMutableBufferPointer<Int>,
        into room: UnsafeMutableBufferPointer<Member>
    ) -> Int? {
        guard let base = bytes.baseAddress, let quotes = places.baseAddress, let members = room.baseAddress else {
            return nil
        }
        let last = bytes.count - 1
        guard bytes.count >= 2, base.load(as: UInt8.self) == UInt8(ascii: "{"),
            base.load(fromByteOffset: last, as: UInt8.self) == UInt8(ascii: "}")
        else { return nil }
        let quoteCount = cbytemask_string_quotes(base, bytes.count, places.count - Int(CBYTEMASK_SLACK), quotes)
        // SAFETY: `quote` is compared with the number of quotes before they are read, and `count` with the room. Places of quotes lie in the text;
        // what is read behind one of them is compared with `last`.
        var count = 0
        var quote = 0
        var position = 1
        while quote &+ 2 <= quoteCount, count < room.count, quotes[quote] == position {
            let nameEnd = quotes[quote &+ 1]
            guard nameEnd &+ 2 < last, base.load(fromByteOffset: nameEnd &+ 1, as: UInt8.self) == UInt8(ascii: ":")
            else { return nil }
            let valueStart = nameEnd &+ 2
            let kind: JSONScanner.Kind
            var end = valueStart
            if base.load(fromByteOffset: valueStart, as: UInt8.self) == UInt8(ascii: "\"") {
                guard quote &+ 4 <= quoteCount else { return nil }
                end = quotes[quote &+ 3] &+ 1
                quote &+= 4
                kind = .string
            } else {
                guard let found = try? JSONScanner.skipAtom(text, &end) else { return nil }
                quote &+= 2
                kind = found
            }
            guard end <= last else { return nil }
            members[count] = Member(
                nameStart: Int32(truncatingIfNeeded: position &+ 1), nameEnd: Int32(truncatingIfNeeded: nameEnd),
                valueStart: Int32(truncatingIfNeeded: valueStart), valueEnd: Int32(truncatingIfNeeded: end),
                kind: kind, nameHasEscapes: false)
            count &+= 1
            if end == last { return count }
            guard base.load(fromByteOffset: end, as: UInt8.self) == UInt8(ascii: ",") else { return nil }
            position = end &+ 1
        }
        return nil
    }

    /// Writes down the members of the object that begins at `start` and ends with the text.
    /// - Returns: how many there are; nil when there is no room for all.
    private static func scanMembers(
        _ text: Span<UInt8>, from start: Int, into room: inout MutableSpan<Member>
    ) throws(JSONError) -> Int? {
        var count = 0
        var position = JSONScanner.skipSpace(text, start + 1)
        var isOpen = true
        if position < text.count, text[position] == UInt8(ascii: "}") {
            position += 1
            isOpen = false
        }
        while isOpen {
            guard count < room.count else { return nil }
            let (name, nameHasEscapes) = try JSONScanner.skipName(text, &position)
            let valueStart = position
            let kind: JSONScanner.Kind
            if position < text.count, text[position] == UInt8(ascii: "\"") {
                position += 1
                kind = try JSONScanner.skipString(text, &position) ? .escapedString : .string
            } else {
                kind = try JSONScanner.skipValue(text, &position, depth: 1)
            }
            // The text is shorter than Int32.max, so are all places in it.
            room[count] = Member(
                nameStart: Int32(truncatingIfNeeded: name.lowerBound),
                nameEnd: Int32(truncatingIfNeeded: name.upperBound), valueStart: Int32(truncatingIfNeeded: valueStart),
                valueEnd: Int32(truncatingIfNeeded: position), kind: kind, nameHasEscapes: nameHasEscapes)
            count += 1
            isOpen = try JSONScanner.skipComma(text, &position, end: UInt8(ascii: "}"))
        }
        position = JSONScanner.skipSpace(text, position)
        guard position == text.count else { throw JSONError("something follows the object", at: position) }
        return count
    }

    /// The last member of that name: of doubled names the last one counts, as in most readers.
    func member(named name: [UInt8], in text: Span<UInt8>) -> Member? {
        let members = slots.span
        let nameBytes = Int32(truncatingIfNeeded: name.count)
        var index = count
        while index > 0 {
            index &-= 1
            let member = members[index]
            if member.nameHasEscapes {
                if JSONText.decode(text, member.name).elementsEqual(name) { return member }
            } else if member.nameEnd &- member.nameStart == nameBytes, Self.equal(text, member.name, name) {
                return member
            }
        }
        return nil
    }

    private static func equal(_ text: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        text.extracting(range).withUnsafeBytes { found in
            name.withUnsafeBytes { wanted in
                guard let found = found.baseAddress, let first = wanted.baseAddress else { return wanted.isEmpty }
                return memcmp(found, first, wanted.count) == 0
            }
        }
    }
}

/// Finds values inside objects and arrays that the scanner has already passed.
enum JSONPath {
    /// One step from a value to one it holds.
    enum Step: Hashable, Sendable {
        /// An object's member.
        case member([UInt8])
        /// An array's element, counted from 0.
        case element(Int)
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
