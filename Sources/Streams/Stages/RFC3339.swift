/// Times as RFC 3339 writes them, to the millisecond.
enum RFC3339 {
    /// The milliseconds since the epoch that the whole text stands for; nil when it is no RFC 3339 time. Digits beyond milliseconds are cut off.
    static func milliseconds(_ text: Span<UInt8>) -> Int64? {
        guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), let year = number(text, 0, 4), let month = number(text, 5, 2),
            let day = number(text, 8, 2), let hour = number(text, 11, 2), let minute = number(text, 14, 2),
            let second = number(text, 17, 2), (1...12).contains(month), day >= 1,
            day <= daysIn(month, of: year), hour < 24, minute < 60, second <= 60
        else { return nil }
        var position = 19
        var milliseconds: Int64 = 0
        if text[position] == UInt8(ascii: ".") {
            position += 1
            let start = position
            while position < text.count, let digit = number(text, position, 1) {
                if position - start < 3 { milliseconds = milliseconds * 10 + digit }
                position += 1
            }
            guard position > start else { return nil }
            for _ in min(position - start, 3)..<3 { milliseconds *= 10 }
        }
        guard let zone = zoneMinutes(text, position) else { return nil }
        let minutes = daysSinceEpoch(year, month, day) * 1440 + hour * 60 + minute - zone
        return (minutes * 60 + second) * 1000 + milliseconds
    }

    /// Appends the time in UTC, `2026-01-31T12:00:00Z`, with three more digits where it is no whole second. Years 0 to 9999.
    static func append(_ milliseconds: Int64, to bytes: inout [UInt8]) {
        let time = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let (day, millisecond) = floorDivide(time, 86_400_000)
        let (year, month, dayOfMonth) = date(daysSinceEpoch: day)
        appendDigits(year, 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(month, 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(dayOfMonth, 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        appendDigits(millisecond / 3_600_000, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(millisecond / 60_000 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(millisecond / 1000 % 60, 2, to: &bytes)
        if millisecond % 1000 != 0 {
            bytes.append(UInt8(ascii: "."))
            appendDigits(millisecond % 1000, 3, to: &bytes)
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Minutes east of Greenwich, of `Z` or `+hh:mm` that ends the text.
    private static func zoneMinutes(_ text: Span<UInt8>, _ position: Int) -> Int64? {
        guard position < text.count else { return nil }
        let sign = text[position]
        if sign | 0x20 == UInt8(ascii: "z") { return position + 1 == text.count ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), position + 6 == text.count,
            text[position + 3] == UInt8(ascii: ":"), let hours = number(text, position + 1, 2),
            let minutes = number(text, position + 4, 2), hours < 24, minutes < 60
        else { return nil }
        return sign == UInt8(ascii: "-") ? -(hours * 60 + minutes) : hours * 60 + minutes
    }

    @inline(__always)
    private static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    private static func appendDigits(_ value: Int64, _ count: Int, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Counts years from 1 March, so that the leap day is a year's last. Years lie in 0 to 9999.
    private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
