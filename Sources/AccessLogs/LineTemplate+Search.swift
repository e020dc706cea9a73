extension LineTemplate {
    /// The complete search: every way to divide the line is tried until a second one is found.
    ///
    /// The work is limited to a multiple of the line's length; a line beyond it is rejected, since one way has not been proven to be the only one.
    func search(_ base: UnsafeRawPointer, end: Int, into fields: inout ScannedLine) -> Bool {
        var state = SearchState(workLeft: 65_536 + 64 * end)
        guard stands(prefix, in: base, at: 0, end: end) else {
            fields.rejection = .mismatch(field: 0, byte: 0)
            return false
        }
        divide(0, base, from: prefix.count, end: end, &state, &fields)
        guard state.workLeft > 0 || state.found > 1 else {
            fields.rejection = .tooComplex
            return false
        }
        switch state.found {
        case 0:
            fields.rejection = .mismatch(field: state.furthestField, byte: state.furthestByte)
            return false
        case 1:
            fields.rejection = nil
            fields.escaped = state.escaped
            fields.escape = resolve(state.dialects)
            return true
        default:
            fields.rejection = .ambiguous
            return false
        }
    }

    private struct SearchState {
        var workLeft: Int
        var found = 0
        var dialects: UInt8 = 0
        var escaped: UInt64 = 0
        var furthestField = 0
        var furthestByte = 0
    }

    private func divide(
        _ index: Int, _ base: UnsafeRawPointer, from start: Int, end: Int, _ state: inout SearchState,
        _ fields: inout ScannedLine
    ) {
        if index == steps.count {
            if start == end { record(base, &state, &fields) }
            return
        }
        if index > state.furthestField || (index == state.furthestField && start > state.furthestByte) {
            state.furthestField = index
            state.furthestByte = start
        }
        let step = steps[index]
        let isLast = index == steps.count - 1
        var position = start
        while state.workLeft > 0, state.found < 2 {
            state.workLeft -= 1
            if stands(step.literal, in: base, at: position, end: end),
                !isLast || position + step.literal.count == end,
                step.lexeme.isEscaped || isUnescapedText(step.lexeme, in: base, range: start..<position),
                position > start || !step.isNeverEmpty
            {
                if !step.lexeme.isEscaped { state.workLeft -= position - start }
                fields.candidate[index] = start..<position
                divide(
                    index + 1, base, from: position + step.literal.count, end: end, &state, &fields)
            }
            guard position < end,
                let next = nextEnd(after: position, of: step.lexeme, in: base, from: start, end: end)
            else { return }
            position = next
        }
    }

    private func isUnescapedText(_ lexeme: Lexeme, in base: UnsafeRawPointer, range: Range<Int>) -> Bool {
        FieldText.isText(lexeme, in: base, range: range)
            || absentEnd(of: lexeme, in: base, from: range.lowerBound, end: range.upperBound) == range.upperBound
    }

    /// The next position at which a text that reaches `position` can end, or nil when it cannot go on.
    private func nextEnd(
        after position: Int, of lexeme: Lexeme, in base: UnsafeRawPointer, from start: Int, end: Int
    ) -> Int? {
        let byte = base.load(fromByteOffset: position, as: UInt8.self)
        guard lexeme.isEscaped else {
            return byte >= 0x20 && byte < 0x7F && byte != ByteSearch.quote ? position + 1 : nil
        }
        if lexeme == .user, position == start {
            var any = dialects
            if let stop = quotedEmptyEnd(in: base, from: start, end: end, dialects: &any) { return stop }
        }
        // After the two quotes of an empty user nothing more belongs to it.
        if lexeme == .user, position == start + 2,
            base.loadUnaligned(fromByteOffset: start, as: UInt16.self) == 0x2222, firstEscape != .none
        {
            return nil
        }
        if byte == ByteSearch.backslash, firstEscape != .none {
            return LogEscape.unit(in: base, at: position, end: end, dialects: dialects).map { position + $0.length }
        }
        return isPlain(byte, lexeme) ? position + 1 : nil
    }

    /// Counts a complete division whose escapes one escaping can have written, and keeps the first.
    private func record(_ base: UnsafeRawPointer, _ state: inout SearchState, _ fields: inout ScannedLine) {
        var possible = dialects
        var escaped: UInt64 = 0
        for (index, step) in steps.enumerated() where step.lexeme.isEscaped && firstEscape != .none {
            let range = fields.candidate[index]
            if step.lexeme == .user,
                quotedEmptyEnd(in: base, from: range.lowerBound, end: range.upperBound, dialects: &possible) != nil
            {
                continue
            }
            var position = range.lowerBound
            while let found = ByteSearch.first(ByteSearch.backslash, in: base, from: position, to: range.upperBound) {
                guard
                    let unit = LogEscape.unit(in: base, at: found, end: range.upperBound, dialects: possible)
                else { return }
                possible &= unit.dialects
                escaped |= 1 << UInt64(index)
                position = found + unit.length
            }
        }
        guard possible != 0 else { return }
        state.found += 1
        if state.found == 1 {
            state.dialects = possible
            state.escaped = escaped
            for index in fields.ranges.indices { fields.ranges[index] = fields.candidate[index] }
        }
    }
}
