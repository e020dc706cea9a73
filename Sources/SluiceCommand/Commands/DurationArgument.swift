import ArgumentParser

/// A duration on the command line: `500ms`, `30s`, `5m`, `2h`; a number alone is seconds.
struct DurationArgument: CustomStringConvertible {
    var duration: Duration
    private let text: String

    /// A whole number of seconds.
    init(seconds: Int) {
        duration = .seconds(seconds)
        text = "\(seconds)s"
    }

    init(parsing text: String) throws {
        guard let known = Self(argument: text) else {
            throw ValidationError(
                "'\(text)' is no time; it is a whole number with ms, s, m or h, such as 500ms, 10s or 2m")
        }
        self = known
    }

    init?(argument: String) {
        let units: [(String, Duration)] = [
            ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)), ("", .seconds(1)),
        ]
        guard let (suffix, unit) = units.first(where: { argument.hasSuffix($0.0) }),
            let count = Int(argument.dropLast(suffix.count)), (0...1_000_000).contains(count)
        else { return nil }
        duration = unit * count
        text = argument
    }

    var description: String { text }
}
