/// Finds the end of field texts that are not escaped: numbers, lists and times.
enum FieldText {
    /// Whole numbers in JSON stay exact in 64 bits.
    static let digitCountMax = 18

    /// The end of the longest text of this shape that begins at `start`, or nil when none does. Texts of an absent variable are not looked for.
    @inline(__always)
    static func end(of lexeme: Lexeme, in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        switch lexeme {
        case .digits: return digits(in: base, from: start, to: end)
        case .status: return status(in: base, from: start, to: end)
        case .seconds: return seconds(in: base, from: start, to: end)
        case .decimal: return decimal(in: base, from: start, to: end)
        case .digits3: return fixed(3, in: base, from: start, to: end)
        case .digits6: return fixed(6, in: base, from: start, to: end)
        case .numberList, .addressList: return list(of: lexeme, in: base, from: start, to: end)
        case .timeLocal:
            guard end - start >= LogTime.localBytes, LogTime.local(in: base, at: start) != nil else { return nil }
            return start + LogTime.localBytes
        case .timeISO8601:
            guard end - start >= LogTime.isoBytes, LogTime.iso(in: base, at: start) != nil else { return nil }
            return start + LogTime.isoBytes
        case .timeError:
            guard end - start >= LogTime.errorBytes, LogTime.error(in: base, at: start) != nil else { return nil }
            return start + LogTime.errorBytes
        case .text, .user, .token, .address: return nil
        }
    }

    /// Whether exactly `range` is a text of this shape.
    static func isText(_ lexeme: Lexeme, in base: UnsafeRawPointer, range: Range<Int>) -> Bool {
        end(of: lexeme, in: base, from: range.lowerBound, to: range.upperBound) == range.upperBound
    }

    @inline(__always)
    private static func byte(_ base: UnsafeRawPointer, _ position: Int) -> UInt8 {
        base.load(fromByteOffset: position, as: UInt8.self)
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }

    @inline(__always)
    private static func digitRun(in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        var position = start
        // Eight bytes a step: a number is rarely longer. Digits are reduced to 0...9; what is above that carries into bit 7, from the first other byte on.
        while end &- position >= 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let digits = word ^ 0x3030_3030_3030_3030
            let others = (digits &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080
            if others != 0 { return position &+ others.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        while position < end, isDigit(byte(base, position)) { position += 1 }
        return position
    }

    @inline(__always)
    static func digits(in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        let stop = digitRun(in: base, from: start, to: end)
        let count = stop - start
        guard count > 0, count <= digitCountMax, count == 1 || byte(base, start) != 0x30 else { return nil }
        return stop
    }

    /// nginx writes `%03ui`: three digits, more only without a leading zero.
    @inline(__always)
    static func status(in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        let stop = digitRun(in: base, from: start, to: end)
        guard stop - start == 3 || (stop - start == 4 && byte(base, start) != 0x30) else { return nil }
        return stop
    }

    private static func seconds(in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        guard let point = digits(in: base, from: start, to: end), end - point >= 4,
            byte(base, point) == UInt8(ascii: ".")
        else { return nil }
        return fixed(3, in: base, from: point + 1, to: end)
    }

    private static func decimal(in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        guard let point = digits(in: base, from: start, to: end) else { return nil }
        guard point < end, byte(base, point) == UInt8(ascii: ".") else { return point }
        let stop = digitRun(in: base, from: point + 1, to: end)
        guard stop > point + 1, stop - point <= digitCountMax else { return nil }
        return stop
    }

    private static func fixed(_ width: Int, in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        guard end - start >= width else { return nil }
        let stop = digitRun(in: base, from: start, to: start + width)
        return stop - start == width ? stop : nil
    }

    private static func list(
        of lexeme: Lexeme, in base: UnsafeRawPointer, from start: Int, to end: Int
    ) -> Int? {
        var position = start
        while true {
            guard let stop = listItem(lexeme, in: base, from: position, to: end) else { return nil }
            let left = end - stop
            if left > 2, byte(base, stop) == UInt8(ascii: ","), byte(base, stop + 1) == UInt8(ascii: " ") {
                position = stop + 2
            } else if left > 3, byte(base, stop) == UInt8(ascii: " "), byte(base, stop + 1) == UInt8(ascii: ":"),
                byte(base, stop + 2) == UInt8(ascii: " ")
            {
                position = stop + 3
            } else {
                return stop
            }
        }
    }

    private static func listItem(
        _ lexeme: Lexeme, in base: UnsafeRawPointer, from start: Int, to end: Int
    ) -> Int? {
        guard start < end else { return nil }
        if lexeme == .numberList {
            return byte(base, start) == UInt8(ascii: "-") ? start + 1 : number(in: base, from: start, to: end)
        }
        guard byte(base, start) != UInt8(ascii: ":") else { return nil }
        var position = start
        while position < end {
            let next = byte(base, position)
            if next <= 0x20 || next >= 0x7F || next == UInt8(ascii: ",") || next == ByteSearch.quote
                || next == ByteSearch.backslash
            {
                break
            }
            position += 1
        }
        return position > start ? position : nil
    }

    /// A whole number, or one with exactly three decimals.
    static func number(in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        guard let stop = digits(in: base, from: start, to: end) else { return nil }
        guard stop < end, byte(base, stop) == UInt8(ascii: ".") else { return stop }
        return fixed(3, in: base, from: stop + 1, to: end)
    }
}
