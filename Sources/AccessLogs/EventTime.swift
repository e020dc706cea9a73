/// The time of a line from the text of one of its fields.
enum EventTime {
    /// Milliseconds since the epoch, or nil when the text (of a line that was accepted) is `-`.
    static func milliseconds(_ kind: FieldKind, in base: UnsafeRawPointer, range: Range<Int>) -> Int64? {
        let start = range.lowerBound
        switch kind {
        case .timeLocal where range.count == LogTime.localBytes:
            return LogTime.local(in: base, at: start)?.epochMilliseconds
        case .timeISO8601 where range.count == LogTime.isoBytes:
            return LogTime.iso(in: base, at: start)?.epochMilliseconds
        case .timeError where range.count == LogTime.errorBytes:
            return LogTime.error(in: base, at: start)?.epochMilliseconds
        case .epochSeconds: return number(base, range).flatMap { scaled($0, by: 1000) }
        case .epochSecondsMillis: return number(base, range)
        case .epochMilliseconds: return number(base, range)
        case .epochMicroseconds: return number(base, range).map { $0 / 1000 }
        default: return nil
        }
    }

    /// The digits as a number; a decimal point is passed over, so `1764.123` seconds are milliseconds.
    private static func number(_ base: UnsafeRawPointer, _ range: Range<Int>) -> Int64? {
        guard !range.isEmpty else { return nil }
        var value: Int64 = 0
        for position in range {
            let byte = base.load(fromByteOffset: position, as: UInt8.self)
            if byte == UInt8(ascii: ".") { continue }
            let digit = Int64(byte) - 48
            guard digit >= 0, digit <= 9, let tens = scaled(value, by: 10) else { return nil }
            let (sum, overflow) = tens.addingReportingOverflow(digit)
            guard !overflow else { return nil }
            value = sum
        }
        return value
    }

    private static func scaled(_ value: Int64, by factor: Int64) -> Int64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// Writes the time in RFC 3339: in the zone of the text, or in UTC for a time since the epoch.
    static func write(_ kind: FieldKind, in base: UnsafeRawPointer, range: Range<Int>, to writer: inout JSONWriter) {
        let start = range.lowerBound
        switch kind {
        case .timeLocal where range.count == LogTime.localBytes:
            guard let parts = LogTime.local(in: base, at: start) else { break }
            writer.time(parts, milliseconds: nil)
            return
        case .timeISO8601 where range.count == LogTime.isoBytes:
            guard let parts = LogTime.iso(in: base, at: start) else { break }
            writer.time(parts, milliseconds: nil)
            return
        case .timeError where range.count == LogTime.errorBytes:
            guard let parts = LogTime.error(in: base, at: start) else { break }
            writer.time(parts, milliseconds: nil)
            return
        default:
            // RFC 3339 has four digits for the year.
            guard let milliseconds = milliseconds(kind, in: base, range: range), milliseconds <= 253_402_300_799_999
            else { break }
            writer.time(
                LogTime.parts(epochMilliseconds: milliseconds),
                milliseconds: kind == .epochSeconds ? nil : Int(milliseconds % 1000))
            return
        }
        writer.null()
    }
}
