import Glibc

extension LineTemplate {
    /// The short way for lines without anything escaped, which are nearly all: nothing has to be unescaped and no server's spelling to be told from another's.
    ///
    /// Accepts only what `scanForward` accepts, with the same ranges. Whatever gives it pause is left to that: false means nothing.
    /// - Precondition: The line is plain ASCII (`ByteSearch.isPlainASCII`), so it has at least sixteen bytes.
    @inline(__always)
    func scanPlain(_ base: UnsafeRawPointer, end: Int, into fields: inout ScannedLine) -> Bool {
        guard stands(prefix, in: base, at: 0, end: end) else { return false }
        var lastTime = fields.lastTime
        let steps = steps
        let fits = fields.ranges.withUnsafeMutableBufferPointer { ranges in
            guard let firstStep = steps.baseAddress, let firstRange = ranges.baseAddress, steps.count == ranges.count
            else { return false }
            var position = prefix.count
            for index in 0..<steps.count {
                // By address: a copy of the step costs as much as finding the end of a short field.
                let step = firstStep + index
                let stop = plainEnd(of: step, in: base, from: position, to: end, &lastTime)
                let literal = step.pointee.literal
                guard stop >= 0, plainStands(literal, in: base, at: stop, end: end) else { return false }
                firstRange[index] = Range(uncheckedBounds: (position, stop))
                position = stop &+ literal.count
            }
            return position == end
        }
        fields.lastTime = lastTime
        fields.escape = firstEscape
        return fits
    }

    /// The end of a field, or -1.
    @inline(__always)
    private func plainEnd(
        of step: UnsafePointer<Step>, in base: UnsafeRawPointer, from start: Int, to end: Int,
        _ lastTime: inout SIMD4<UInt64>
    ) -> Int {
        switch step.pointee.plainEnd {
        case .atQuote:
            guard start < end, let quote = memchr(base + start, Int32(ByteSearch.quote), end &- start) else {
                return -1
            }
            return UnsafeRawPointer(quote) - base
        case .atStop:
            guard
                let stop = ByteSearch.firstStop(
                    in: base, from: start, to: end, step.pointee.stopA, step.pointee.stopB),
                stop > start || !step.pointee.isNeverEmpty
            else { return -1 }
            return stop
        case .afterTime:
            guard end &- start >= LogTime.localBytes else { return -1 }
            let words = LogTime.words(in: base, at: start)
            if words != lastTime {
                guard LogTime.local(in: base, at: start) != nil else { return -1 }
                lastTime = words
            }
            return start &+ LogTime.localBytes
        case .afterDigits:
            return FieldText.digits(in: base, from: start, to: end) ?? -1
        case .afterStatus:
            return FieldText.status(in: base, from: start, to: end) ?? -1
        case .none:
            return -1
        }
    }

    /// Whether a literal of at most eight bytes stands at `position`; near the end of the line by way of its last eight bytes.
    @inline(__always)
    private func plainStands(_ literal: Literal, in base: UnsafeRawPointer, at position: Int, end: Int) -> Bool {
        let left = end &- position
        guard left >= literal.count else { return false }
        let seen = max(0, 8 &- left)
        let text = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position &- seen, as: UInt64.self))
        return ((text &>> UInt64(8 &* seen)) ^ literal.word) & literal.mask == 0
    }
}
