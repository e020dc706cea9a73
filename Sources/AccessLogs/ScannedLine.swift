/// Where the fields of one line are. Made once and reused for every line, so that scanning allocates nothing.
///
/// Not for two threads at once. The ranges are positions in the line that was scanned last and mean nothing for another line.
package struct ScannedLine: Sendable {
    /// Why a line was not accepted.
    package enum Rejection: Equatable, Sendable, CustomStringConvertible {
        /// No text of the format's field, or not its literal, stands at this byte.
        case mismatch(field: Int, byte: Int)
        /// The line can be divided into fields in more than one way.
        case ambiguous
        /// Proving that there is only one way would take too long.
        case tooComplex
        /// A variable that the format names twice has two different texts.
        case contradiction(field: Int)
        /// A line that should be a JSON object is not, from this byte on.
        case notJSON(byte: Int)

        package var description: String {
            switch self {
            case .mismatch(let field, let byte): "does not fit the format at byte \(byte) (field \(field + 1))"
            case .ambiguous: "can be divided into fields in more than one way"
            case .tooComplex: "is too complex to prove that its fields can be divided in one way only"
            case .contradiction(let field): "has two different values for one variable (field \(field + 1))"
            case .notJSON(let byte): "is not a JSON object at byte \(byte)"
            }
        }
    }

    /// The position that stands for a field which an optional part of the format leaves out.
    static let absent = -1 ..< -1

    var ranges: [Range<Int>] = []
    var candidate: [Range<Int>] = []
    /// Bit i: field i holds escapes.
    var escaped: UInt64 = 0
    var escape: LogEscape = .nginxDefault
    var lastTime = LastTime()

    /// Why the last line was not accepted; nil when it was.
    package internal(set) var rejection: Rejection?

    /// Makes one for any format.
    package init() {}

    /// The raw (still escaped) text of a field as a range of the line; nil when the format has it as an optional part and the line leaves it out.
    package func range(of field: Int) -> Range<Int>? {
        guard ranges.indices.contains(field), ranges[field].lowerBound >= 0 else { return nil }
        return ranges[field]
    }

    mutating func prepare(fieldCount: Int) {
        if ranges.count != fieldCount {
            ranges = Array(repeating: Self.absent, count: fieldCount)
            candidate = ranges
        }
        escaped = 0
        rejection = nil
    }
}
