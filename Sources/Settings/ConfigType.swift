/// What the text of a value must look like, with its range and unit.
package indirect enum ConfigType: Sendable, Hashable {
    /// Any text but the empty one.
    case text
    /// Any text, also the empty one.
    case anyText
    /// The name of a topic.
    case topic
    /// The address that a server listens on.
    case listenAddress
    /// The address that clients are sent to.
    case advertisedAddress
    /// An expression, parsed by the stage that evaluates it.
    case expression
    /// `true` or `false`.
    case boolean
    /// A whole number in the range.
    case integer(ClosedRange<Int>)
    /// -1 for none, or a whole number in the range.
    case limit(ClosedRange<Int>)
    /// A number in the range.
    case number(ClosedRange<Double>)
    /// A time in the range; a plain number counts milliseconds.
    case duration(ClosedRange<Duration>)
    /// A size in bytes in the range.
    case bytes(ClosedRange<Int>)
    /// One of these words.
    case choice([String])
    /// A list of values, in YAML's notation or as one comma-separated text.
    case list(ConfigType)
    /// The word `none`, or a value of the type.
    case optional(ConfigType)
    /// A whole subtree that is not looked into.
    case anything

    /// How a message and the key reference describe a value: "a whole number from 1 to 10".
    package var requirement: String {
        switch self {
        case .text: "a text"
        case .anyText: "a text, which may be empty"
        case .topic:
            "a topic's name: 1 to 249 letters, digits, '.', '_' and '-', not '.' or '..', not beginning with '__'"
        case .listenAddress: "HOST:PORT, such as 127.0.0.1:9092"
        case .advertisedAddress: "HOST or HOST:PORT, a name or an address that clients can reach"
        case .expression: "an expression"
        case .boolean: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .limit(let range): "-1, or a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(Self.render(range.lowerBound)) to \(Self.render(range.upperBound))"
        case .duration(let range):
            "a time from \(Self.render(range.lowerBound)) to \(Self.render(range.upperBound))"
                + " (500ms, 5s, 2m, 1h, 7d; a plain number counts milliseconds)"
        case .bytes(let range):
            "a size from \(Self.render(bytes: range.lowerBound)) to \(Self.render(bytes: range.upperBound))"
                + " (bytes, or with KiB, MiB, GiB, KB, MB, GB)"
        case .choice(let words): words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))"
        case .list(let element): "a list, each \(element.requirement)"
        case .optional(let type): "none, or \(type.requirement)"
        case .anything: "anything"
        }
    }

    /// Whether a YAML sequence may stand for the value.
    package var takesList: Bool {
        switch self {
        case .list, .anything: true
        default: false
        }
    }
}

extension ConfigType {
    /// A number without a needless fraction.
    package static func render(_ number: Double) -> String {
        let text = String(number)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A time in its greatest whole unit.
    package static func render(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds == 0 else {
            let microseconds = attoseconds / 1_000_000_000_000
            let whole = seconds * 1_000_000 + microseconds
            return whole % 1000 == 0 ? "\(whole / 1000)ms" : "\(whole)us"
        }
        for (unit, length) in [("d", Int64(86_400)), ("h", 3600), ("m", 60)]
        where seconds >= length && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }

    /// A size in its greatest whole binary unit.
    package static func render(bytes: Int) -> String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where bytes >= 1 << shift && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)"
    }
}
