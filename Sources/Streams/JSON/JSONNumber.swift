/// A number as expressions count with it: whole numbers stay exact.
enum JSONNumber {
    /// A number without fraction that fits 64 bits.
    case integer(Int64)
    /// Any other, as near as a `Double` comes.
    case decimal(Double)

    /// Reads the number that is the whole of `range`, which the scanner has passed.
    @inline(__always)
    init(_ text: Span<UInt8>, _ range: Range<Int>, isDecimal: Bool) {
        var mantissa: UInt64 = 0
        var position = range.lowerBound
        let isNegative = text[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        // 19 digits cannot overflow 64 bits.
        let isShort = range.upperBound - position <= 19
        var point = range.upperBound
        if isShort {
            while position < range.upperBound {
                let byte = text[position]
                let digit = byte &- UInt8(ascii: "0")
                if digit < 10 {
                    mantissa = mantissa &* 10 &+ UInt64(digit)
                } else if byte == UInt8(ascii: ".") {
                    point = position + 1
                } else {
                    break
                }
                position += 1
            }
            if !isDecimal, mantissa <= UInt64(Int64.max) {
                self = .integer(isNegative ? -Int64(mantissa) : Int64(mantissa))
                return
            }
            // Both mantissa and power are exact, so one division rounds correctly (Clinger, "How to read floating point numbers accurately").
            if position == range.upperBound, mantissa < 1 << 53, range.upperBound - point < Self.powers.count {
                let value = Double(mantissa) / Self.powers[range.upperBound - point]
                self = .decimal(isNegative ? -value : value)
                return
            }
        }
        self = Self.slow(text, range, isDecimal: isDecimal)
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    private static func slow(_ text: Span<UInt8>, _ range: Range<Int>, isDecimal: Bool) -> JSONNumber {
        let digits = String(decoding: range.map { text[$0] }, as: UTF8.self)
        if !isDecimal, let integer = Int64(digits) { return .integer(integer) }
        // Too great for a Double is infinite, as strtod has it.
        return .decimal(Double(digits) ?? .infinity)
    }
}
