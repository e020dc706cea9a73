/// Lines that are JSON objects themselves, as nginx writes with `escape=json`.
///
/// The object is passed on as it stands; `time`, `method`, `uri` and `protocol` are added when it has none and has the nginx variable that tells them.
/// `ranges` hold the whole line, then name and value of each member in turn, quotes included.
enum JSONObjectLine {
    static func scan(_ line: UnsafeRawBufferPointer, into scanned: inout ScannedLine) -> Bool {
        scanned.ranges.removeAll(keepingCapacity: true)
        scanned.escape = .json
        scanned.escaped = 0
        scanned.rejection = nil
        scanned.ranges.append(0..<line.count)
        guard let base = line.baseAddress else {
            scanned.rejection = .notJSON(byte: 0)
            return false
        }
        var parser = JSONObjectParser(base: base, end: line.count)
        guard parser.readObject(into: &scanned.ranges) else {
            scanned.rejection = .notJSON(byte: parser.position)
            return false
        }
        guard let repeated = repeatedMember(base, scanned.ranges) else { return true }
        scanned.rejection = .contradiction(field: repeated)
        return false
    }

    /// The number of a member whose name stands twice, since readers differ in which one they take.
    private static func repeatedMember(_ base: UnsafeRawPointer, _ ranges: [Range<Int>]) -> Int? {
        for second in stride(from: 3, to: ranges.count, by: 2) {
            for first in stride(from: 1, to: second, by: 2) where isEqual(base, ranges[first], ranges[second]) {
                return second / 2
            }
        }
        return nil
    }

    private static func isEqual(_ base: UnsafeRawPointer, _ one: Range<Int>, _ two: Range<Int>) -> Bool {
        one.count == two.count
            && UnsafeRawBufferPointer(start: base + one.lowerBound, count: one.count)
                .elementsEqual(UnsafeRawBufferPointer(start: base + two.lowerBound, count: two.count))
    }

    /// The range of a member's value, quotes included.
    private static func value(
        _ name: StaticString, _ base: UnsafeRawPointer, _ ranges: [Range<Int>]
    ) -> Range<Int>? {
        let length = name.utf8CodeUnitCount
        for index in stride(from: 1, to: ranges.count - 1, by: 2) where ranges[index].count == length + 2 {
            let text = UnsafeRawBufferPointer(start: base + ranges[index].lowerBound + 1, count: length)
            if text.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: length)) {
                return ranges[index + 1]
            }
        }
        return nil
    }

    private static func isString(_ base: UnsafeRawPointer, _ range: Range<Int>) -> Bool {
        base.load(fromByteOffset: range.lowerBound, as: UInt8.self) == ByteSearch.quote
    }

    private static func inside(_ base: UnsafeRawPointer, _ range: Range<Int>) -> Range<Int> {
        isString(base, range) ? range.lowerBound + 1..<range.upperBound - 1 : range
    }

    /// Where the time is looked for, in this order.
    private static let timeMembers: [(StaticString, FieldKind, Lexeme)] = [
        ("time_iso8601", .timeISO8601, .timeISO8601), ("time_local", .timeLocal, .timeLocal),
        ("msec", .epochSecondsMillis, .seconds), ("time", .timeISO8601, .timeISO8601),
        ("time", .timeLocal, .timeLocal), ("timestamp", .timeISO8601, .timeISO8601),
        ("@timestamp", .timeISO8601, .timeISO8601),
    ]

    /// The member that tells the time, with the variable whose form it has.
    private static func time(
        _ base: UnsafeRawPointer, _ ranges: [Range<Int>]
    ) -> (kind: FieldKind, range: Range<Int>)? {
        for (name, kind, lexeme) in timeMembers {
            guard let value = value(name, base, ranges) else { continue }
            let text = inside(base, value)
            if FieldText.isText(lexeme, in: base, range: text) { return (kind, text) }
        }
        return nil
    }

    static func eventTime(_ base: UnsafeRawPointer, _ ranges: [Range<Int>]) -> Int64? {
        time(base, ranges).flatMap { EventTime.milliseconds($0.kind, in: base, range: $0.range) }
    }

    static func append(
        _ ranges: [Range<Int>], _ base: UnsafeRawPointer, lineBytes: Int, to output: inout [UInt8]
    ) {
        guard let line = ranges.first, line.upperBound == lineBytes else { return }
        // A byte that is not UTF-8 takes six; names are written once more, and so is the URI, beside some short members.
        output.append(addingCapacity: 12 * lineBytes + 256 + JSONWriter.slackBytes) { span in
            span.withUnsafeMutableBufferPointer { memory, count in
                guard let start = memory.baseAddress else { return }
                var writer = JSONWriter(UnsafeMutableRawPointer(start + count), sourceEnd: base + lineBytes)
                write(ranges, base, &writer)
                count += writer.count
            }
        }
    }

    private static func write(_ ranges: [Range<Int>], _ base: UnsafeRawPointer, _ writer: inout JSONWriter) {
        var notText: [Range<Int>] = []
        var separator = UInt8(ascii: "{")
        for index in stride(from: 1, to: ranges.count - 1, by: 2) {
            writer.byte(separator)
            separator = UInt8(ascii: ",")
            writer.copy(base, ranges[index])
            writer.byte(UInt8(ascii: ":"))
            let value = ranges[index + 1]
            if !isString(base, value) {
                writer.copy(base, value)
            } else if !writer.jsonText(base, inside(base, value)) {
                notText.append(ranges[index])
            }
        }
        func name(_ name: StaticString) {
            writer.byte(separator)
            separator = UInt8(ascii: ",")
            writer.literal(name)
        }
        if value("time", base, ranges) == nil, let time = time(base, ranges) {
            name("\"time\":")
            EventTime.write(time.kind, in: base, range: time.range, to: &writer)
        }
        var uriIsText = true
        if let request = value("request", base, ranges), isString(base, request) {
            let parts = RequestLine(base, inside(base, request))
            if value("method", base, ranges) == nil {
                name("\"method\":")
                if let parts { writer.cleanString(base, parts.method) } else { writer.null() }
            }
            if value("uri", base, ranges) == nil {
                name("\"uri\":")
                if let parts { uriIsText = writer.jsonText(base, parts.uri) } else { writer.null() }
            }
            if value("protocol", base, ranges) == nil {
                name("\"protocol\":")
                if let version = parts?.version { writer.cleanString(base, version) } else { writer.null() }
            }
        }
        if !notText.isEmpty || !uriIsText {
            name("\"not_utf8\":")
            separator = UInt8(ascii: "[")
            for member in notText {
                writer.byte(separator)
                separator = UInt8(ascii: ",")
                writer.copy(base, member)
            }
            if !uriIsText {
                writer.byte(separator)
                writer.literal("\"uri\"")
            }
            writer.byte(UInt8(ascii: "]"))
            separator = UInt8(ascii: ",")
        }
        if separator == UInt8(ascii: "{") { writer.byte(separator) }
        writer.byte(UInt8(ascii: "}"))
    }
}
