/// The parts of a binding's name: `<owner>-in-0` or `<owner>-out-1`.
struct BindingName {
    /// Whether the binding reads or writes.
    enum Side: String {
        case input = "-in-"
        case output = "-out-"
    }

    var owner: String
    var side: Side
    var index: Int

    /// Takes a full name apart; nil if it has another form.
    init?(_ name: String) {
        let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
        guard digits > 0, let index = Int(name.suffix(digits)) else { return nil }
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
