/// What an expression comes to.
package enum ExpressionValue: Hashable, Sendable {
    /// Nothing: a missing field, or JSON's null.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number of 64 bits.
    case integer(Int64)
    /// Any other number.
    case decimal(Double)
    /// Text, in UTF-8 as far as the record is.
    case text(ArraySlice<UInt8>)
    /// An object or array, as it is written.
    case json(ArraySlice<UInt8>)

    /// The name of the value's type for messages.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .decimal: "a number"
        case .text: "text"
        case .json: "an object or array"
        }
    }

    /// The number as a `Double`; nil for anything else.
    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .decimal(let value): value
        default: nil
        }
    }

    /// The value written as text; nil for null.
    package var text: ArraySlice<UInt8>? {
        switch self {
        case .null: return nil
        case .bool(let value): return ArraySlice((value ? "true" : "false").utf8)
        case .integer, .decimal:
            var bytes: [UInt8] = []
            appendJSON(to: &bytes)
            return bytes[...]
        case .text(let bytes), .json(let bytes): return bytes
        }
    }

    /// Appends the value as JSON.
    func appendJSON(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): JSONWriter.append(value, to: &bytes)
        case .decimal(let value): JSONWriter.append(value, to: &bytes)
        case .text(let text): JSONWriter.appendString(text, to: &bytes)
        case .json(let json): bytes.append(contentsOf: json)
        }
    }

    /// Whether two values are the same; numbers by their amount, values of different types never.
    static func areEqual(_ left: ExpressionValue, _ right: ExpressionValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.text(let left), .text(let right)), (.json(let left), .json(let right)): left == right
        default:
            if let left = left.number, let right = right.number { left == right } else { false }
        }
    }

    /// Whether `left` stands before `right`: numbers by amount, text by its bytes; nil for values that have no order.
    static func order(_ left: ExpressionValue, _ right: ExpressionValue) -> (less: Bool, equal: Bool)? {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): return (left < right, left == right)
        case (.text(let left), .text(let right)):
            return (left.lexicographicallyPrecedes(right), left == right)
        default:
            guard let left = left.number, let right = right.number else { return nil }
            return (left < right, left == right)
        }
    }
}
