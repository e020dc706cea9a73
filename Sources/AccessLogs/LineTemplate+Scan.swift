import Glibc

extension LineTemplate {
    /// Divides the line; true only when there is exactly one way.
    func scan(_ line: UnsafeRawBufferPointer, into fields: inout ScannedLine) -> Bool {
        fields.prepare(fieldCount: steps.count)
        guard let base = line.baseAddress else {
            fields.rejection = .mismatch(field: 0, byte: 0)
            return false
        }
        let end = line.count
        if hasPlainLane, scanPlain(base, end: end, into: &fields) {
            return duplicates.isEmpty || variablesAgree(base, &fields)
        }
        let accepted: Bool
        if needsSearch {
            accepted = search(base, end: end, into: &fields)
        } else {
            switch scanForward(base, end: end, into: &fields) {
            case .accepted: accepted = true
            case .rejected: accepted = false
            case .undecided: accepted = search(base, end: end, into: &fields)
            }
        }
        return accepted && (duplicates.isEmpty || variablesAgree(base, &fields))
    }

    private enum Verdict {
        case accepted
        case rejected
        case undecided
    }

    /// One pass, each field ended at the first place where its literal stands.
    private func scanForward(_ base: UnsafeRawPointer, end: Int, into fields: inout ScannedLine) -> Verdict {
        var position = prefix.count
        var dialects = dialects
        var escaped: UInt64 = 0
        var isCertain = true
        var failedField = 0
        guard stands(prefix, in: base, at: 0, end: end) else {
            fields.rejection = .mismatch(field: 0, byte: 0)
            return .rejected
        }
        var lastTime = fields.lastTime
        let fits = fields.ranges.withUnsafeMutableBufferPointer { ranges in
            guard let firstStep = steps.baseAddress, let firstRange = ranges.baseAddress, steps.count == ranges.count
            else { return false }
            for index in 0..<steps.count {
                failedField = index
                let step = firstStep + index
                let stop = forwardEnd(
                    of: step, in: base, from: position, end: end, dialects: &dialects, escaped: &escaped,
                    bit: 1 &<< UInt64(index), lastTime: &lastTime)
                guard stop >= 0 else { return false }
                firstRange[index] = Range(uncheckedBounds: (position, stop))
                if step.pointee.certainty != .certain { isCertain = false }
                position = stop + step.pointee.literal.count
            }
            return position == end
        }
        fields.lastTime = lastTime
        if fits {
            fields.escaped = escaped
            fields.escape = resolve(dialects)
            return .accepted
        }
        fields.rejection = .mismatch(field: failedField, byte: min(position, end))
        return isCertain ? .rejected : .undecided
    }

    /// The end of a field's text, with its literal standing there; -1 when there is none.
    @inline(__always)
    private func forwardEnd(
        of step: UnsafePointer<Step>, in base: UnsafeRawPointer, from start: Int, end: Int, dialects: inout UInt8,
        escaped: inout UInt64, bit: UInt64, lastTime: inout LastTime
    ) -> Int {
        guard step.pointee.isEscaped else {
            if step.pointee.lexeme == .timeLocal {
                guard end - start >= LogTime.localBytes else { return -1 }
                guard lastTime.isReal(in: base, at: start) else { return -1 }
                let stop = start + LogTime.localBytes
                return stands(step.pointee.literal, in: base, at: stop, end: end) ? stop : -1
            }
            let stop =
                FieldText.end(of: step.pointee.lexeme, in: base, from: start, to: end)
                ?? absentEnd(of: step.pointee.lexeme, in: base, from: start, end: end)
            guard let stop, stands(step.pointee.literal, in: base, at: stop, end: end) else { return -1 }
            return stop
        }
        if step.pointee.isUser,
            let stop = quotedEmptyEnd(in: base, from: start, end: end, dialects: &dialects)
        {
            return stands(step.pointee.literal, in: base, at: stop, end: end) ? stop : -1
        }
        var position = start
        while true {
            switch step.pointee.search {
            case .quoted:
                position = ByteSearch.firstSpecial(
                    in: base, from: position, to: end, stops: .none, highIsPlain: false)
            case .unquoted:
                position = ByteSearch.firstSpecial(
                    in: base, from: position, to: end, stops: .either(step.pointee.stopA, step.pointee.stopB),
                    highIsPlain: false)
            case .high:
                position = ByteSearch.firstSpecial(
                    in: base, from: position, to: end, stops: .either(step.pointee.stopA, step.pointee.stopB),
                    highIsPlain: true)
            }
            guard position < end else { break }
            let byte = base.load(fromByteOffset: position, as: UInt8.self)
            if byte == ByteSearch.backslash {
                guard let unit = LogEscape.unit(in: base, at: position, end: end, dialects: dialects) else {
                    return -1
                }
                dialects &= unit.dialects
                escaped |= bit
                position += unit.length
                // Escapes come in runs: a client that speaks TLS to the wrong port writes nothing else.
                while position < end, base.load(fromByteOffset: position, as: UInt8.self) == ByteSearch.backslash {
                    guard let unit = LogEscape.unit(in: base, at: position, end: end, dialects: dialects) else {
                        return -1
                    }
                    dialects &= unit.dialects
                    position += unit.length
                }
                continue
            }
            if step.pointee.literal.count > 0, position > start || !step.pointee.isNeverEmpty,
                stands(step.pointee.literal, in: base, at: position, end: end)
            {
                break
            }
            guard isPlain(byte, step.pointee.lexeme) else { return -1 }
            position += 1
        }
        guard step.pointee.literal.count == 0 ? position == end : position < end else { return -1 }
        return step.pointee.isNeverEmpty && position == start ? -1 : position
    }

    /// Whether an absent variable leaves no text (escape=json and none).
    var absentIsEmpty: Bool { dialects & (LogEscape.json.rawValue | LogEscape.none.rawValue) != 0 }

    /// The end of the text of an absent variable, which a time never is.
    @inline(__always)
    func absentEnd(of lexeme: Lexeme, in base: UnsafeRawPointer, from start: Int, end: Int) -> Int? {
        guard lexeme.canBeAbsent else { return nil }
        if absentIsEmpty { return start }
        guard start < end, base.load(fromByteOffset: start, as: UInt8.self) == UInt8(ascii: "-") else { return nil }
        return start + 1
    }

    /// The end of the two quotes that Apache writes for a user without a name.
    @inline(__always)
    func quotedEmptyEnd(
        in base: UnsafeRawPointer, from start: Int, end: Int, dialects: inout UInt8
    ) -> Int? {
        guard dialects & LogEscape.apache.rawValue != 0, end - start >= 2,
            base.loadUnaligned(fromByteOffset: start, as: UInt16.self) == 0x2222
        else { return nil }
        dialects = LogEscape.apache.rawValue
        return start + 2
    }

    /// Whether the byte stands for itself in a text of this shape.
    @inline(__always)
    func isPlain(_ byte: UInt8, _ lexeme: Lexeme) -> Bool {
        if lexeme.excludesSpace && byte == UInt8(ascii: " ") { return false }
        return firstEscape.isPlain(byte)
    }

    /// The escaping of a line that several could have written: the first of the format's that is left.
    func resolve(_ dialects: UInt8) -> LogEscape {
        escapes.first { $0.rawValue & dialects != 0 } ?? firstEscape
    }

    /// A variable written twice has one text.
    private func variablesAgree(_ base: UnsafeRawPointer, _ fields: inout ScannedLine) -> Bool {
        for (first, second) in duplicates {
            let one = fields.ranges[first]
            let two = fields.ranges[second]
            guard one.count == two.count, memcmp(base + one.lowerBound, base + two.lowerBound, one.count) == 0 else {
                fields.rejection = .contradiction(field: second)
                return false
            }
        }
        return true
    }
}
