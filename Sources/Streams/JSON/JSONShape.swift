import CByteMask
import Glibc

/// The names of an object's members, as they stood in its text, for the objects that come after it. Programs write the same members in the same order again and again: where a name is
/// the same bytes as before, its end need not be looked for, and the next value's place is known before the name has been compared.
///
/// Only of objects without white space between their parts, without an escape in a name, and without objects or arrays in them.
struct JSONShape {
    /// A name is kept with what stands around it, `,"name":`, at most so many bytes.
    private static let keyBytesMax = 32
    private static let membersMax = 32

    /// How many members there are; 0 while no object is known that others could be like.
    private(set) var count = 0
    /// Each key in a place of `keyBytesMax`.
    private var keys: [UInt8] = []
    private var keyLengths: [Int] = []
    /// Where paths were found to begin, and those paths, which keep their identity that long.
    private var places: [(path: ObjectIdentifier, member: Int)] = []
    private var paths: [JSONPath] = []
    private static let pathsMax = 32

    /// Keeps the names of the object that is the whole of `text`, if others can be read by them.
    mutating func learn(_ text: Span<UInt8>, _ members: ArraySlice<JSONFields.Member>) {
        count = 0
        places.removeAll(keepingCapacity: true)
        paths.removeAll(keepingCapacity: true)
        if keys.isEmpty {
            keys = Array(repeating: 0, count: Self.membersMax * Self.keyBytesMax)
            keyLengths = Array(repeating: 0, count: Self.membersMax)
        }
        guard members.count <= Self.membersMax, members.last?.value.upperBound == text.count - 1 else { return }
        var keyStart = 0
        for (index, member) in members.enumerated() {
            let key = keyStart..<member.value.lowerBound
            // A brace or a comma, two quotes and a colon.
            guard key.count == member.name.count + 4, key.count <= Self.keyBytesMax, !member.nameHasEscapes,
                member.kind != .object, member.kind != .array
            else { return }
            keys.withUnsafeMutableBytes { room in
                text.extracting(key).withUnsafeBytes { key in
                    UnsafeMutableRawBufferPointer(rebasing: room[(index * Self.keyBytesMax)...]).copyMemory(from: key)
                }
            }
            keyLengths[index] = key.count
            keyStart = member.value.upperBound
        }
        count = members.count
    }

    /// Which member `path` begins with; -1 for none of them, nil where that was not noted yet.
    func place(of path: JSONPath) -> Int? {
        let (wanted, places) = (ObjectIdentifier(path), places.span)
        for index in places.indices where places[index].path == wanted { return places[index].member }
        return nil
    }

    /// Notes which member `path` begins with, -1 for none.
    mutating func note(_ path: JSONPath, at member: Int) {
        guard paths.count < Self.pathsMax else { return }
        paths.append(path)
        places.append((ObjectIdentifier(path), member))
    }

    /// Writes down the members of the object that is the whole of `text`, which is shorter than `Int32.max`, if its names are those that are known.
    /// - Returns: false for another object, or for none at all: what was written down means nothing then.
    func match(_ text: Span<UInt8>, into room: inout [JSONFields.Member]) -> Bool {
        guard count > 0, count <= room.count else { return false }
        return text.withUnsafeBytes { bytes in
            keys.withUnsafeBytes { keys in
                keyLengths.withUnsafeBufferPointer { lengths in
                    room.withUnsafeMutableBufferPointer { room in
                        match(text, bytes, keys, lengths, into: room)
                    }
                }
            }
        }
    }

    @inline(__always)
    private func match(
        _ text: Span<UInt8>, _ bytes: UnsafeRawBufferPointer, _ keys: UnsafeRawBufferPointer,
        _ lengths: UnsafeBufferPointer<Int>, into room: UnsafeMutableBufferPointer<JSONFields.Member>
    ) -> Bool {
        guard let base = bytes.baseAddress, var key = keys.baseAddress, let lengths = lengths.baseAddress,
            let members = room.baseAddress
        else { return false }
        // SAFETY: keys, lengths and room have `count` places; a place of the text is compared with its count before it is read.
        var position = 0
        for index in 0..<count {
            let length = lengths[index]
            let start = position &+ length
            guard start < bytes.count else { return false }
            if position &+ Self.keyBytesMax <= bytes.count {
                let differences = cbytemask_differences32(base + position, key)
                guard differences &<< UInt32(truncatingIfNeeded: Self.keyBytesMax &- length) == 0 else { return false }
            } else {
                guard memcmp(base + position, key, length) == 0 else { return false }
            }
            let kind: JSONScanner.Kind
            var end = start
            if base.load(fromByteOffset: start, as: UInt8.self) == UInt8(ascii: "\"") {
                end &+= 1
                guard let hasEscapes = try? JSONScanner.skipString(text, &end) else { return false }
                kind = hasEscapes ? .escapedString : .string
            } else {
                guard let found = try? JSONScanner.skipAtom(text, &end) else { return false }
                kind = found
            }
            members[index] = JSONFields.Member(
                name: Range(uncheckedBounds: (position &+ 2, start &- 2)),
                value: Range(uncheckedBounds: (start, end)), kind: kind, nameHasEscapes: false)
            key += Self.keyBytesMax
            position = end
        }
        return position == bytes.count &- 1 && base.load(fromByteOffset: position, as: UInt8.self) == UInt8(ascii: "}")
    }
}
