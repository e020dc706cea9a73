/// The fields of the record at hand, found once and shared by the expressions that ask for them. Reused from record to record.
package struct RecordFields {
    private var fields = JSONFields()
    private var isScanned = false

    /// Creates an empty table.
    package init() {}

    /// Forgets the record; to be called before each.
    mutating func forget() { isScanned = false }

    /// The members of the record's object, in order. A payload that is no object rejects the record; a record without a value has none.
    mutating func members(of record: StageRecord) throws(StageError) -> ArraySlice<JSONFields.Member> {
        try scan(record)
        return fields.members
    }

    /// The value of the field at `path`: null where there is none.
    mutating func value(_ path: JSONPath, of record: StageRecord) throws(StageError) -> ExpressionValue {
        try scan(record)
        guard let range = record.valueRange else { return .null }
        let text = record.payload.span.extracting(range)
        guard let member = fields.member(at: path, in: text) else { return .null }
        guard !path.rest.isEmpty else {
            return Self.value(member.kind, record, start: range.lowerBound, member.value)
        }
        var found = (kind: member.kind, range: member.value)
        for step in path.rest {
            guard let next = JSONPath.follow(step, in: text, found.range) else { return .null }
            found = next
        }
        return Self.value(found.kind, record, start: range.lowerBound, found.range)
    }

    private mutating func scan(_ record: StageRecord) throws(StageError) {
        if isScanned { return }
        guard let range = record.valueRange else {
            fields.removeAll()
            return
        }
        do {
            try fields.scan(record.payload.span.extracting(range))
        } catch {
            throw StageError(.rejected, "the payload is no JSON object: \(error)", name: "InvalidJSON")
        }
        isScanned = true
    }

    /// The value in `range` of the record's value, which begins at `start` of the payload.
    static func value(
        _ kind: JSONScanner.Kind, _ record: StageRecord, start: Int, _ range: Range<Int>
    ) -> ExpressionValue {
        let bytes = start + range.lowerBound..<start + range.upperBound
        switch kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .integer, .decimal:
            switch JSONNumber(record.payload.span, bytes, isDecimal: kind == .decimal) {
            case .integer(let value): return .integer(value)
            case .decimal(let value): return .decimal(value)
            }
        case .string: return .text(record.payload[bytes.lowerBound + 1..<bytes.upperBound - 1])
        case .escapedString:
            return .text(JSONText.decode(record.payload.span, bytes.lowerBound + 1..<bytes.upperBound - 1)[...])
        case .object, .array: return .json(record.payload[bytes])
        }
    }
}
