import Settings

/// `use: select`: top-level fields are kept, dropped, renamed and masked. All other bytes of the record stay as they are.
struct SelectStage: Stage {
    /// What happens to one field.
    private struct Rule: Sendable {
        let name: [UInt8]
        let isDropped: Bool
        /// The name it leaves with, as JSON with its colon.
        let outputName: [UInt8]
        let isMasked: Bool
        /// A field that is renamed to this one's name and takes its place where the record has both.
        let replacement: [UInt8]?
    }

    private let rules: [Rule]
    private let keepsOthers: Bool
    private var fields = RecordFields()

    init(_ options: SelectOptions, at location: SourceLocation?) throws(Diagnostic) {
        var sources: [String: String] = [:]
        for (old, new) in options.rename.sorted(by: { $0.key < $1.key }) {
            if let other = sources.updateValue(old, forKey: new) {
                throw Diagnostic(.error, "'\(other)' and '\(old)' are both renamed to '\(new)'", at: location)
            }
        }
        if let masked = options.mask.first(where: { options.rename[$0] != nil && sources[$0] == nil }) {
            let advice =
                "masking comes after renaming: mask '\(options.rename[masked] ?? masked)' instead of '\(masked)'"
            throw Diagnostic(.error, advice, at: location)
        }
        keepsOthers = options.keep == nil
        let names = Set((options.keep ?? []) + options.drop + options.mask).union(options.rename.keys).union(
            sources.keys)
        rules = names.sorted().map { name in
            let isKept = options.keep?.contains(name) ?? true
            let newName = options.rename[name] ?? name
            var outputName: [UInt8] = []
            JSONWriter.appendString(newName.utf8, to: &outputName)
            outputName.append(UInt8(ascii: ":"))
            return Rule(
                name: Array(name.utf8), isDropped: !isKept || options.drop.contains(name), outputName: outputName,
                isMasked: options.mask.contains(newName),
                replacement: options.rename[name] == nil ? sources[name].map { Array($0.utf8) } : nil)
        }
    }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        guard let range = record.valueRange else {
            output.forward(record)
            return
        }
        fields.forget()
        let members = try fields.members(of: record)
        let start = output.arena.count
        output.arena.append(UInt8(ascii: "{"))
        for member in members {
            let name = nameBytes(member, record, start: range.lowerBound)
            let rule = rules.first { $0.name.elementsEqual(name) }
            guard isWanted(rule, members, record, start: range.lowerBound) else { continue }
            if output.arena.count > start + 1 { output.arena.append(UInt8(ascii: ",")) }
            append(member, rule, record, start: range.lowerBound, to: &output.arena)
        }
        output.arena.append(UInt8(ascii: "}"))
        output.emit(from: record, valueFrom: start)
    }

    private func nameBytes(_ member: JSONFields.Member, _ record: StageRecord, start: Int) -> ArraySlice<UInt8> {
        let name = start + member.name.lowerBound..<start + member.name.upperBound
        return member.nameHasEscapes ? JSONText.decode(record.payload.span, name)[...] : record.payload[name]
    }

    private func isWanted(_ rule: Rule?, _ members: ArraySlice<JSONFields.Member>, _ record: StageRecord, start: Int)
        -> Bool
    {
        guard let rule else { return keepsOthers }
        guard !rule.isDropped else { return false }
        guard let replacement = rule.replacement else { return true }
        let isReplaced = members.contains { nameBytes($0, record, start: start).elementsEqual(replacement) }
        return !isReplaced || rules.contains { $0.name == replacement && $0.isDropped }
    }

    private func append(
        _ member: JSONFields.Member, _ rule: Rule?, _ record: StageRecord, start: Int, to arena: inout [UInt8]
    ) {
        if let rule {
            arena.append(contentsOf: rule.outputName)
        } else {
            // The name with its quotes, as it is written.
            arena.append(
                contentsOf: record.payload[start + member.name.lowerBound - 1..<start + member.name.upperBound + 1])
            arena.append(UInt8(ascii: ":"))
        }
        if let rule, rule.isMasked, member.kind != .null {
            let value = RecordFields.value(member.kind, record, start: start, member.value)
            JSONWriter.appendString(FieldMask.mask(value), to: &arena)
        } else {
            arena.append(contentsOf: record.payload[start + member.value.lowerBound..<start + member.value.upperBound])
        }
    }
}
