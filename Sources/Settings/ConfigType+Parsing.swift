// The grammar of single values. Every function returns nil for a text it does not take; the caller words the message
// with `ConfigType.requirement`.

extension ConfigType {
    /// The units of a time with their length in nanoseconds.
    private static let durationUnits: [String: Int64] = [
        "ns": 1, "us": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
        "d": 86_400_000_000_000,
    ]

    /// The units of a size in bytes. As everywhere in Spring, `KB` and `MB` are binary too, so that a file that is
    /// moved over keeps its meaning.
    private static let byteUnits: [String: Int] = [
        "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30,
    ]

    /// Reads `true`, `yes`, `on` and their opposites in any case.
    package static func parseBoolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    /// Reads a topic's name by Kafka's rule; names that begin with `__` belong to the log itself.
    package static func parseTopic(_ text: String) -> String? {
        let allowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard allowed, (1...249).contains(text.utf8.count), text != ".", text != "..", !text.hasPrefix("__") else {
            return nil
        }
        return text
    }

    /// Reads a whole number; `_` may group its digits.
    package static func parseInteger(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard let digits = ungrouped(text), let value = Int(digits), range.contains(value) else { return nil }
        return value
    }

    /// Reads a decimal number.
    package static func parseNumber(_ text: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = Double(text), value.isFinite, range.contains(value) else { return nil }
        return value
    }

    /// Reads a time: `1000` (milliseconds), `500ms`, `5s`, `2m`, `1h`, `7d`.
    package static func parseDuration(_ text: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let (count, unit) = split(text),
            let nanoseconds = durationUnits[unit.isEmpty ? "ms" : unit]
        else { return nil }
        let (total, overflow) = Int64(count).multipliedReportingOverflow(by: nanoseconds)
        let value = Duration.nanoseconds(total)
        return overflow || !range.contains(value) ? nil : value
    }

    /// Reads a size: `4096`, `512KiB`, `1MB`.
    package static func parseBytes(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard let (count, unit) = split(text), let size = byteUnits[unit.isEmpty ? "b" : unit] else { return nil }
        let (total, overflow) = count.multipliedReportingOverflow(by: size)
        return overflow || !range.contains(total) ? nil : total
    }

    /// Finds the word that is meant, whatever its case and dashes.
    package static func parseChoice(_ text: String, of words: [String]) -> String? {
        let folded = RelaxedName.fold(text)
        return words.first { RelaxedName.fold($0) == folded }
    }

    /// A whole number and the unit behind it, in lower case.
    private static func split(_ text: String) -> (count: Int, unit: String)? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "_") }
        guard let plain = ungrouped(String(digits)), let count = Int(plain) else { return nil }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        return (count, unit.lowercased())
    }

    private static func ungrouped(_ text: String) -> String? {
        guard text.first != "_", text.last != "_" else { return nil }
        return text.filter { $0 != "_" }
    }
}
