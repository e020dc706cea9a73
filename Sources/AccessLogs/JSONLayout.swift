/// The members of the JSON object of a format, prepared so that writing a line copies keys and values and looks nothing up.
///
/// A class with memory of its own, written by `init` and never again, so all threads may read it: arrays would be retained and released for every line.
final class JSONLayout: Sendable {
    /// The member that names the members whose values are not UTF-8 and are therefore written a byte a character.
    static let notTextName = "not_utf8"

    /// The parts of a request, which are members unless a variable of the format has the name.
    static let requestParts = ["method", "uri", "protocol"]

    /// How a value is written, worked out beforehand: asking its kind for every line took as long as copying it.
    enum Shape: UInt8, Sendable {
        /// As it stands in the line.
        case number
        case status
        /// In quotes, as it stands in the line.
        case quoted
        /// In quotes and mostly short; with escapes when the line has some.
        case word
        /// As above, mostly long.
        case text
        /// Whatever needs a closer look.
        case other

        init(_ kind: FieldKind) {
            self =
                switch kind {
                case .integer, .seconds, .decimal, .epochSeconds, .epochSecondsMillis, .epochMilliseconds,
                    .epochMicroseconds:
                    .number
                case .status: .status
                case .timeLocal, .timeISO8601, .addressList, .fixedDigits: .quoted
                case .token, .address: .word
                case .text, .request, .object: .text
                case .user, .numberList, .numericText, .timeError: .other
                }
        }
    }

    struct Member: Sendable {
        let field: Int
        let kind: FieldKind
        let shape: Shape
        /// `,"name":` in `keys`; the comma is a brace for the first member.
        let key: Range<Int>
        let writesRequestParts: Bool
        let writesTime: Bool
    }

    nonisolated(unsafe) let members: UnsafeBufferPointer<Member>
    /// The bytes of all keys; 32 bytes can be read from any of them on.
    nonisolated(unsafe) let keys: UnsafeRawBufferPointer
    /// Which of `requestParts` are written.
    let partKeys: [Range<Int>?]
    let methodKey: Range<Int>?
    let uriKey: Range<Int>?
    let protocolKey: Range<Int>?
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
                    field: index, kind: field.kind, shape: Shape(field.kind),
                    key: key(field.name, isFirst: members.isEmpty),
                    writesRequestParts: index == requestField,
                    writesTime: index == timeField && !names.contains("time")))
        }
        self.timeField = timeField
        partKeys = Self.requestParts.map { names.contains($0) ? nil : key($0) }
        (methodKey, uriKey, protocolKey) = (partKeys[0], partKeys[1], partKeys[2])
        timeKey = key("time")
        notTextKey = key(Self.notTextName)
        // Each key once more for `not_utf8`; quotes or `null` for each value; the time; the closing brace.
        fixedBytes = 2 * keyBytes.count + 8 * (fields.count + 4) + 64 + JSONWriter.slackBytes
        let memory = UnsafeMutableBufferPointer<Member>.allocate(capacity: members.count)
        _ = memory.initialize(from: members)
        self.members = UnsafeBufferPointer(memory)
        // SAFETY: the writer copies keys 32 bytes at a time, so the last one needs bytes behind it.
        let readable = keyBytes + Array(repeating: 0, count: 32)
        let keyMemory = UnsafeMutableRawBufferPointer.allocate(byteCount: readable.count, alignment: 16)
        keyMemory.copyBytes(from: readable)
        keys = UnsafeRawBufferPointer(keyMemory)
    }

    deinit {
        // A member holds nothing that would have to be released.
        members.deallocate()
        keys.deallocate()
    }

    /// The most bytes that the object of a line takes, with the writer's slack. A value byte takes at most six (`\u00XX`), and the request is written
    /// twice.
    func bytesMax(_ source: Source) -> Int { fixedBytes + source.byteCount * (source.unclean == 0 ? 2 : 12) }
}
