/// What is known of the numbers one expression came to within a group.
struct Accumulator: Sendable {
    private(set) var count = 0
    /// The whole numbers' sum, exact while it fits.
    private var wholeSum: Int64 = 0
    private var decimalSum = 0.0
    private(set) var minimum = Double.infinity
    private(set) var maximum = -Double.infinity

    /// A finite number, which keeps being whole.
    enum Number {
        case whole(Int64)
        case decimal(Double)

        var double: Double {
            switch self {
            case .whole(let value): Double(value)
            case .decimal(let value): value
            }
        }
    }

    mutating func add(_ number: Number) {
        count += 1
        switch number {
        case .whole(let value): addWhole(value)
        case .decimal(let value): decimalSum += value
        }
        minimum = min(minimum, number.double)
        maximum = max(maximum, number.double)
    }

    mutating func merge(_ other: Accumulator) {
        count += other.count
        addWhole(other.wholeSum)
        decimalSum += other.decimalSum
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }

    /// The sum: whole when all numbers were, and null of none.
    var sum: ExpressionValue {
        guard count > 0 else { return .null }
        return decimalSum == 0 ? .integer(wholeSum) : .decimal(Double(wholeSum) + decimalSum)
    }

    /// The arithmetic mean; null of none.
    var mean: ExpressionValue {
        count > 0 ? .decimal((Double(wholeSum) + decimalSum) / Double(count)) : .null
    }

    private mutating func addWhole(_ value: Int64) {
        let (sum, overflow) = wholeSum.addingReportingOverflow(value)
        if overflow {
            decimalSum += Double(wholeSum) + Double(value)
            wholeSum = 0
        } else {
            wholeSum = sum
        }
    }
}
