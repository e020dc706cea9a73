import Foundation
import TestSupport
import Testing

@testable import Streams

@Suite("RFC 3339 times")
struct RFC3339Tests {
    private func parse(_ text: String) -> Int64? { RFC3339.milliseconds(Array(text.utf8).span) }

    @Test(
        "are read to the millisecond",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999Z", -1),
            ("2026-01-31T12:00:00+01:00", 1_769_857_200_000),
            ("2026-01-31t11:00:00.1234567z", 1_769_857_200_123), ("2000-02-29 00:00:00-00:30", 951_784_200_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("2026-01-01T00:00:00.5Z", 1_767_225_600_500),
        ])
    func reads(text: String, expected: Int64) {
        #expect(parse(text) == expected)
    }

    @Test(
        "nothing else is a time",
        arguments: [
            "", "2026-01-31", "2026-01-31T12:00:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00+1:00", "2026-01-31T12:00:00+01:0",
            "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z", "31/Jan/2026:12:00:00 +0100", "+026-01-31T12:00:00Z",
        ])
    func refuses(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("are written as they are read, for times of all years")
    func roundTrip() {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let time = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random)
            var bytes: [UInt8] = []
            RFC3339.append(time, to: &bytes)
            #expect(RFC3339.milliseconds(bytes.span) == time, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }
}
