/// The three textual times of web-server logs: proven canonical, as RFC 3339, and as milliseconds since the epoch.
///
/// Fixed positions, eight bytes a step, no allocation. The widths are constants, so callers check the bounds once.
enum LogTime {
    static let localBytes = 26
    static let isoBytes = 25
    static let errorBytes = 19

    /// A point in time with the offset it was written in.
    struct Parts: Equatable {
        var year = 0
        var month = 0
        var day = 0
        var hour = 0
        var minute = 0
        var second = 0
        /// Seconds east of UTC.
        var offsetSeconds = 0

        /// Milliseconds since the epoch.
        var epochMilliseconds: Int64 {
            let days = LogTime.days(year: year, month: month, day: day)
            let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offsetSeconds
            return Int64(seconds) * 1000
        }

        fileprivate var isReal: Bool {
            month >= 1 && month <= 12 && day >= 1 && hour < 24 && minute < 60 && second < 60
                && (day <= 28 || day <= LogTime.daysIn(month: month, year: year))
        }
    }

    /// `22/Nov/2026:22:07:02 +0000` at `position`, 26 bytes that the caller has checked are there.
    @inline(__always)
    static func local(in base: UnsafeRawPointer, at position: Int) -> Parts? {
        let first = word(base, position)
        let second = word(base, position + 8)
        let third = word(base, position + 16)
        // Digits are reduced to 0...9 by the exclusive or with the pattern and literals to 0; a byte above its limit carries into bit 7 when the
        // limit's complement is added.
        let a = first & 0xFFFF_0000_00FF_FFFF ^ 0x302F_0000_002F_3030
        let b = second ^ 0x303A_3030_3A30_3030
        let c = third & 0xFFFF_00FF_FFFF_FFFF ^ 0x3030_0020_3030_3A30
        let wrong =
            (a &+ 0x767F_7F7F_7F7F_7676) | a | (b &+ 0x767F_7676_7F76_7676) | b | (c &+ 0x7676_7F7F_7676_7F76) | c
        guard wrong & 0x8080_8080_8080_8080 == 0 else { return nil }
        let sign = byte(base, position + 21)
        let lastDigits = (Int(byte(base, position + 24)) - 48, Int(byte(base, position + 25)) - 48)
        guard (0...9).contains(lastDigits.0), (0...9).contains(lastDigits.1) else { return nil }
        let month = monthNumber(UInt32(truncatingIfNeeded: first >> 24) & 0xFF_FFFF)
        guard month != 0 else { return nil }
        var parts = Parts()
        parts.day = pair(a, 0)
        parts.month = month
        parts.year = Int(a >> 56) * 1000 + Int(b & 0xFF) * 100 + pair(b, 8)
        parts.hour = pair(b, 32)
        parts.minute = Int(b >> 56) * 10 + Int(c & 0xFF)
        parts.second = pair(c, 16)
        guard
            let offset = offset(sign: sign, hours: pair(c, 48), minutes: lastDigits.0 * 10 + lastDigits.1)
        else { return nil }
        parts.offsetSeconds = offset
        return parts.isReal ? parts : nil
    }

    /// The 26 bytes of `local` as they are, to be compared.
    @inline(__always)
    static func words(in base: UnsafeRawPointer, at position: Int) -> SIMD4<UInt64> {
        // The last word overlaps the third by six bytes.
        SIMD4(
            word(base, position), word(base, position + 8), word(base, position + 16),
            word(base, position + localBytes - 8))
    }

    /// `2026-11-22T22:07:02+00:00` at `position`, 25 bytes that the caller has checked are there.
    static func iso(in base: UnsafeRawPointer, at position: Int) -> Parts? {
        guard byte(base, position + 10) == UInt8(ascii: "T"), byte(base, position + 22) == UInt8(ascii: ":"),
            var parts = dateAndTime(in: base, at: position, dateSeparator: UInt8(ascii: "-")),
            let hours = digits(base, position + 20, 2), let minutes = digits(base, position + 23, 2),
            let offset = offset(sign: byte(base, position + 19), hours: hours, minutes: minutes)
        else { return nil }
        parts.offsetSeconds = offset
        return parts
    }

    /// `2026/11/22 22:07:02` at `position`, 19 bytes that the caller has checked are there; read as UTC.
    static func error(in base: UnsafeRawPointer, at position: Int) -> Parts? {
        guard byte(base, position + 10) == UInt8(ascii: " ") else { return nil }
        return dateAndTime(in: base, at: position, dateSeparator: UInt8(ascii: "/"))
    }

    private static func dateAndTime(
        in base: UnsafeRawPointer, at position: Int, dateSeparator: UInt8
    ) -> Parts? {
        guard byte(base, position + 4) == dateSeparator, byte(base, position + 7) == dateSeparator,
            byte(base, position + 13) == UInt8(ascii: ":"), byte(base, position + 16) == UInt8(ascii: ":"),
            let year = digits(base, position, 4), let month = digits(base, position + 5, 2),
            let day = digits(base, position + 8, 2), let hour = digits(base, position + 11, 2),
            let minute = digits(base, position + 14, 2), let second = digits(base, position + 17, 2)
        else { return nil }
        let parts = Parts(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        return parts.isReal ? parts : nil
    }

    /// Servers write a zero offset with a plus only, so `-0000` is not theirs.
    @inline(__always)
    private static func offset(sign: UInt8, hours: Int, minutes: Int) -> Int? {
        guard hours < 24, minutes < 60 else { return nil }
        let seconds = (hours * 60 + minutes) * 60
        switch sign {
        case UInt8(ascii: "+"): return seconds
        case UInt8(ascii: "-"): return seconds == 0 ? nil : -seconds
        default: return nil
        }
    }

    @inline(__always)
    private static func word(_ base: UnsafeRawPointer, _ position: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    @inline(__always)
    private static func byte(_ base: UnsafeRawPointer, _ position: Int) -> UInt8 {
        base.load(fromByteOffset: position, as: UInt8.self)
    }

    /// Two digits, already reduced to 0...9, from bit `shift` of a little-endian word.
    @inline(__always)
    private static func pair(_ word: UInt64, _ shift: UInt64) -> Int {
        Int((word >> shift) & 0xFF) * 10 + Int((word >> (shift + 8)) & 0xFF)
    }

    private static func digits(_ base: UnsafeRawPointer, _ position: Int, _ count: Int) -> Int? {
        var value = 0
        for index in position..<position + count {
            let digit = Int(byte(base, index)) - 48
            guard digit >= 0, digit <= 9 else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The month of three little-endian letters, 0 for none.
    @inline(__always)
    private static func monthNumber(_ letters: UInt32) -> Int {
        switch letters {
        case 0x6E_614A: 1
        case 0x62_6546: 2
        case 0x72_614D: 3
        case 0x72_7041: 4
        case 0x79_614D: 5
        case 0x6E_754A: 6
        case 0x6C_754A: 7
        case 0x67_7541: 8
        case 0x70_6553: 9
        case 0x74_634F: 10
        case 0x76_6F4E: 11
        case 0x63_6544: 12
        default: 0
        }
    }

    static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        // Years are 0...9999 here; 400 more keep the division from rounding up below zero.
        let positive = shifted + 400
        return positive * 365 + positive / 4 - positive / 100 + positive / 400 + dayOfYear - 719_468 - 146_097
    }

    /// The date and time in UTC of milliseconds since the epoch; times before 1970 are shown as its beginning.
    static func parts(epochMilliseconds: Int64) -> Parts {
        let seconds = Int(max(0, min(epochMilliseconds, 253_402_300_799_999)) / 1000)
        let secondOfDay = seconds % 86_400
        let shifted = seconds / 86_400 + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return Parts(
            year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * marchMonth + 2) / 5 + 1, hour: secondOfDay / 3600,
            minute: secondOfDay / 60 % 60, second: secondOfDay % 60)
    }
}
