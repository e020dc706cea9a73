/// A binding's name taken apart: `<owner>-in-<index>` or `<owner>-out-<index>`.
package struct BindingName: Sendable {
    /// Whether the binding reads or writes.
    package enum Side: String, Sendable {
        case input = "-in-"
        case output = "-out-"
    }

    /// The largest index: one beyond it is a slip of the keyboard.
    private static let indexMax = 255

    /// The stage, the chain or the agent's input that it belongs to.
    package let owner: String
    package let side: Side
    /// The number at the end.
    package let index: Int

    package var isInput: Bool { side == .input }

    /// Takes a full name apart; nil if it has another form.
    package init?(_ name: String) {
        let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
        guard digits > 0, let index = Int(name.suffix(digits)), index <= Self.indexMax else { return nil }
        let stem = name.dropLast(digits)
        for side in [Side.input, .output] where stem.lowercased().hasSuffix(side.rawValue) {
            owner = String(stem.dropLast(side.rawValue.count))
            self.side = side
            self.index = index
            return
        }
        return nil
    }
}
