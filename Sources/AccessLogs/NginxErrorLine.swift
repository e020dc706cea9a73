/// nginx's error log: `2026/11/22 22:07:02 [error] 123#456: *7 message, client: 192.0.2.1, server: example.org, request: "GET / HTTP/1.1", host: "x"`.
///
/// nginx escapes nothing here, so a client can put the names of the context into its own values. A line is accepted only when each of these names stands
/// at most once, in nginx's order, with no quote inside a quoted value, and when the parts fit each other: a request that is followed by more is complete,
/// and a request that could not be read has no headers.
enum NginxErrorLine {
    static let fields: [AccessLogFormat.Field] = [
        .init(name: "time", kind: .timeError), .init(name: "level", kind: .token),
        .init(name: "pid", kind: .integer), .init(name: "tid", kind: .integer),
        .init(name: "connection", kind: .integer), .init(name: "message", kind: .text),
        .init(name: "client", kind: .token), .init(name: "server", kind: .token),
        .init(name: "request", kind: .request), .init(name: "subrequest", kind: .text),
        .init(name: "upstream", kind: .text), .init(name: "host", kind: .text),
        .init(name: "referrer", kind: .text),
    ]

    private enum Index {
        static let connection = 4
        static let message = 5
        static let client = 6
        static let request = 8
        static let host = 11
        static let referrer = 12
    }

    private static let levels: [[UInt8]] = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"]
        .map { Array($0.utf8) }

    /// What stands before the values from `client` on.
    private static let markers: [[UInt8]] = [
        ", client: ", ", server: ", ", request: \"", ", subrequest: \"", ", upstream: \"", ", host: \"",
        ", referrer: \"",
    ].map { Array($0.utf8) }

    static func scan(_ line: UnsafeRawBufferPointer, into scanned: inout ScannedLine) -> Bool {
        scanned.prepare(fieldCount: fields.count)
        scanned.escape = .none
        for index in scanned.ranges.indices { scanned.ranges[index] = ScannedLine.absent }
        var head = Head(line: line)
        guard head.read(into: &scanned) else {
            scanned.rejection = .mismatch(field: head.field, byte: head.position)
            return false
        }
        scanned.rejection = context(line, from: head.position, into: &scanned)
        return scanned.rejection == nil
    }

    /// The part before the message, in which nothing is optional but the connection.
    private struct Head {
        let line: UnsafeRawBufferPointer
        var position = 0
        var field = 0

        mutating func read(into scanned: inout ScannedLine) -> Bool {
            guard let base = line.baseAddress,
                let timeEnd = FieldText.end(of: .timeError, in: base, from: 0, to: line.count)
            else { return false }
            scanned.ranges[0] = 0..<timeEnd
            position = timeEnd
            field = 1
            guard take(" ["), let level = levels.first(where: { stands($0) }) else { return false }
            scanned.ranges[1] = position..<position + level.count
            position += level.count
            guard take("] "), number(2, into: &scanned), take("#"), number(3, into: &scanned), take(": ") else {
                return false
            }
            if take("*") {
                guard number(Index.connection, into: &scanned), take(" ") else { return false }
            }
            field = Index.message
            return position < line.count
        }

        private func stands(_ text: some Collection<UInt8>) -> Bool {
            line.count - position >= text.count && line[position..<position + text.count].elementsEqual(text)
        }

        private mutating func take(_ text: String) -> Bool {
            guard stands(text.utf8) else { return false }
            position += text.utf8.count
            return true
        }

        private mutating func number(_ index: Int, into scanned: inout ScannedLine) -> Bool {
            field = index
            guard let base = line.baseAddress,
                let stop = FieldText.digits(in: base, from: position, to: line.count)
            else { return false }
            scanned.ranges[index] = position..<stop
            position = stop
            return true
        }
    }

    /// Divides the message from its context; nil when it is accepted.
    private static func context(
        _ line: UnsafeRawBufferPointer, from start: Int, into scanned: inout ScannedLine
    ) -> ScannedLine.Rejection? {
        guard let base = line.baseAddress else { return .mismatch(field: 0, byte: 0) }
        if ByteSearch.first(UInt8(ascii: "\n"), in: base, from: start, to: line.count) != nil {
            return .mismatch(field: Index.message, byte: start)
        }
        var open = Index.message
        var valueStart = start
        var position = start
        while let comma = ByteSearch.first(UInt8(ascii: ","), in: base, from: position, to: line.count) {
            position = comma + 1
            guard
                let marker = markers.firstIndex(where: {
                    line.count - comma >= $0.count && line[comma..<comma + $0.count].elementsEqual($0)
                })
            else { continue }
            let next = Index.client + marker
            // A name that comes a second time, out of order or without a client before it is part of a value: of which one cannot be told.
            guard next > open, open != Index.message || next == Index.client else { return .ambiguous }
            if let rejection = close(open, valueStart..<comma, line, into: &scanned) { return rejection }
            open = next
            valueStart = comma + markers[marker].count
            position = valueStart
        }
        if let rejection = close(open, valueStart..<line.count, line, into: &scanned) { return rejection }
        return contradiction(base, line, scanned)
    }

    /// Ends a value where the next name, or the line's end, stands.
    private static func close(
        _ field: Int, _ range: Range<Int>, _ line: UnsafeRawBufferPointer, into scanned: inout ScannedLine
    ) -> ScannedLine.Rejection? {
        if field == Index.message {
            guard !range.isEmpty else { return .mismatch(field: field, byte: range.lowerBound) }
            scanned.ranges[field] = range
            return nil
        }
        guard field >= Index.request else {
            guard !line[range].contains(where: { $0 <= 0x20 || $0 == ByteSearch.quote }) else {
                return .mismatch(field: field, byte: range.lowerBound)
            }
            scanned.ranges[field] = range
            return nil
        }
        guard let quote = line[range].firstIndex(of: ByteSearch.quote) else {
            return .mismatch(field: field, byte: range.upperBound)
        }
        guard quote == range.upperBound - 1 else { return .ambiguous }
        scanned.ranges[field] = range.lowerBound..<quote
        return nil
    }

    /// Parts that nginx never writes together show that a client wrote one of them.
    private static func contradiction(
        _ base: UnsafeRawPointer, _ line: UnsafeRawBufferPointer, _ scanned: ScannedLine
    ) -> ScannedLine.Rejection? {
        guard scanned.ranges[(Index.request + 1)...].contains(where: { $0.lowerBound >= 0 }) else { return nil }
        if let request = scanned.range(of: Index.request) {
            guard let parts = RequestLine(base, request), parts.version != nil else { return .ambiguous }
        }
        let headers = scanned.range(of: Index.host) ?? scanned.range(of: Index.referrer)
        if headers != nil, let message = scanned.range(of: Index.message),
            line[message].reversed().starts(with: "while reading client request line".utf8.reversed())
        {
            return .ambiguous
        }
        return nil
    }

    static func render(_ values: [[UInt8]?]) -> [UInt8] {
        func value(_ index: Int) -> [UInt8]? { values.indices.contains(index) ? values[index] : nil }
        var line: [UInt8] = []
        line += value(0) ?? []
        line += " [".utf8
        line += value(1) ?? []
        line += "] ".utf8
        line += value(2) ?? []
        line += "#".utf8
        line += value(3) ?? []
        line += ": ".utf8
        if let connection = value(Index.connection) { line += [UInt8(ascii: "*")] + connection + [0x20] }
        line += value(Index.message) ?? []
        for (index, marker) in markers.enumerated() {
            guard let text = value(Index.client + index) else { continue }
            line += marker + text
            if marker.last == ByteSearch.quote { line.append(ByteSearch.quote) }
        }
        return line
    }
}
