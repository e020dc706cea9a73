import Settings
import Testing

@Suite("A binding's name")
struct BindingNameTests {
    @Test(
        "is taken apart into its owner, its side and its index",
        arguments: [
            ("parse-in-0", "parse", BindingName.Side.input, 0), ("per-second-out-12", "per-second", .output, 12),
            ("in-in-0", "in", .input, 0), ("Parse-OUT-255", "Parse", .output, 255),
        ])
    func parts(name: String, owner: String, side: BindingName.Side, index: Int) throws {
        let parts = try #require(BindingName(name))
        #expect(parts.owner == owner && parts.side == side && parts.index == index)
        #expect(parts.isInput == (side == .input))
    }

    @Test(
        "is none where the form is another or the index is beyond all sense",
        arguments: ["", "parse", "parse-in", "parse-in-", "parse-in-x", "parse-in-+1", "parse-up-0", "parse-out-256"])
    func others(name: String) { #expect(BindingName(name) == nil) }
}
