import Glibc

/// The members of one JSON object by their places in its text. Reused from record to record, it allocates only to grow.
struct JSONFields {
    /// One member.
    struct Member {
        private let nameStart: Int32
        private let nameEnd: Int32
        private let valueStart: Int32
        private let valueEnd: Int32
        /// What kind of value it has.
        let kind: JSONScanner.Kind
        /// Whether the name is written with escapes.
        let nameHasEscapes: Bool

        fileprivate static let unused = Member(name: 0..<0, value: 0..<0, kind: .null, nameHasEscapes: false)

        /// The ranges lie in a text shorter than `Int32.max`.
        @inline(__always)
        init(name: Range<Int>, value: Range<Int>, kind: JSONScanner.Kind, nameHasEscapes: Bool) {
            nameStart = Int32(truncatingIfNeeded: name.lowerBound)
            nameEnd = Int32(truncatingIfNeeded: name.upperBound)
            valueStart = Int32(truncatingIfNeeded: value.lowerBound)
            valueEnd = Int32(truncatingIfNeeded: value.upperBound)
            self.kind = kind
            self.nameHasEscapes = nameHasEscapes
        }

        /// The name's bytes between its quotes.
        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        /// The whole value; of a string with its quotes.
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    /// The first `count` are the members; the rest is room for those of greater objects.
    private var slots = Array(repeating: Member.unused, count: 32)
    private var count = 0
    private var shape = JSONShape()
    /// Whether the object's members are those of the shape, in number and order.
    private(set) var isOfShape = false
    /// Whether this is not the first object: a reader of one alone has no use for its shape.
    private var hasScanned = false

    /// The members in the order they are written.
    var members: ArraySlice<Member> { slots[..<count] }

    /// Forgets the members.
    mutating func removeAll() {
        count = 0
        isOfShape = false
    }

    /// Takes in the object that is the whole of `text`.
    mutating func scan(_ text: Span<UInt8>) throws(JSONError) {
        removeAll()
        guard text.count < Int(Int32.max) else { throw JSONError("more than 2 GiB", at: 0) }
        isOfShape = shape.match(text, into: &slots)
        count = isOfShape ? shape.count : 0
        if isOfShape { return }
        let start = JSONScanner.skipSpace(text, 0)
        guard start < text.count, text[start] == UInt8(ascii: "{") else {
            throw JSONError("no object begins", at: start)
        }
        while true {
            // Writing through a span checks the array's uniqueness once per object and not once per member.
            var room = slots.mutableSpan
            if let found = try Self.scanMembers(text, from: start, into: &room) {
                count = found
                if hasScanned { shape.learn(text, members) }
                hasScanned = true
                return
            }
            slots.append(contentsOf: repeatElement(Member.unused, count: slots.count))
        }
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
            room[count] = Member(
                name: name, value: valueStart..<position, kind: kind, nameHasEscapes: nameHasEscapes)
            count += 1
            isOpen = try JSONScanner.skipComma(text, &position, end: UInt8(ascii: "}"))
        }
        position = JSONScanner.skipSpace(text, position)
        guard position == text.count else { throw JSONError("something follows the object", at: position) }
        return count
    }

    /// The member that `path` begins with.
    mutating func member(at path: JSONPath, in text: Span<UInt8>) -> Member? {
        guard isOfShape else { return place(of: path.first, in: text).map { slots[$0] } }
        if let known = shape.place(of: path) { return known < 0 ? nil : slots[known] }
        let found = place(of: path.first, in: text)
        shape.note(path, at: found ?? -1)
        return found.map { slots[$0] }
    }

    /// The member of that name.
    func member(named name: [UInt8], in text: Span<UInt8>) -> Member? {
        place(of: name, in: text).map { slots[$0] }
    }

    /// The last member of that name: of doubled names the last one counts, as in most readers.
    private func place(of name: [UInt8], in text: Span<UInt8>) -> Int? {
        let members = slots.span
        var index = count
        while index > 0 {
            index &-= 1
            let member = members[index]
            if member.nameHasEscapes {
                if JSONText.decode(text, member.name).elementsEqual(name) { return index }
            } else if member.name.count == name.count, Self.equal(text, member.name, name) {
                return index
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
