/// The members of the JSON object of a format, prepared so that writing a line copies keys and values and looks nothing up.
struct JSONLayout: Sendable {
    /// The member that names the members whose values are not UTF-8 and are therefore written a byte a character.
    static let notTextName = "not_utf8"

    /// The parts of a request, which are members unless a variable of the format has the name.
    static let requestParts = ["method", "uri", "protocol"]

    struct Member: Sendable {
        let field: Int
        let kind: FieldKind
        /// `,"name":` in `keyBytes`; the comma is a brace for the first member.
        let key: Range<Int>
        let writesRequestParts: Bool
        let writesTime: Bool
    }

    let members: [Member]
    let keyBytes: [UInt8]
    /// Which of `requestParts` are written.
    let partKeys: [Range<Int>?]
    let timeKey: Range<Int>
    let notTextKey: Range<Int>
    /// The first field that tells the time.
    let timeField: Int?
    private let fixedBytes: Int

    init(fields: [AccessLogFormat.Field]) {
        let names = fields.map(\.name)
        var keyBytes: [UInt8] = []
        func key(_ name: String, isFirst: Bool = false) -> Range<Int> {
            let start = keyBytes.count
            keyBytes.append(isFirst ? UInt8(ascii: "{") : UInt8(ascii: ","))
            keyBytes.append(ByteSearch.quote)
            for byte in name.utf8 {
                if byte == ByteSearch.quote || byte == ByteSearch.backslash { keyBytes.append(ByteSearch.backslash) }
                keyBytes.append(byte < 0x20 ? UInt8(ascii: "_") : byte)
            }
            keyBytes += [ByteSearch.quote, UInt8(ascii: ":")]
            return start..<keyBytes.count
        }
        let requestField = fields.firstIndex { $0.kind == .request }
        let timeField = fields.firstIndex { $0.kind.isTime }
        var members: [Member] = []
        for (index, field) in fields.enumerated() where names.firstIndex(of: field.name) == index {
            members.append(
                Member(
                    field: index, kind: field.kind, key: key(field.name, isFirst: members.isEmpty),
                    writesRequestParts: index == requestField,
                    writesTime: index == timeField && !names.contains("time")))
        }
        self.members = members
        self.timeField = timeField
        partKeys = Self.requestParts.map { names.contains($0) ? nil : key($0) }
        timeKey = key("time")
        notTextKey = key(Self.notTextName)
        self.keyBytes = keyBytes
        // Each key once more for `not_utf8`; quotes or `null` for each value; the time; the closing brace.
        fixedBytes = 2 * keyBytes.count + 8 * (fields.count + 4) + 64
    }

    /// The most bytes that the object of a line takes. A value byte takes at most six (`\u00XX`), and the request is written twice.
    func bytesMax(lineBytes: Int, isClean: Bool) -> Int {
        fixedBytes + lineBytes * (isClean ? 2 : 12)
    }
}
