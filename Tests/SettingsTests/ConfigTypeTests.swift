import Testing

@testable import Settings

@Suite("Values")
struct ConfigTypeTests {
    @Test(
        "a time is a number of milliseconds, or has a unit",
        arguments: [
            ("1000", .seconds(1)), ("0", .zero), ("5s", .seconds(5)), ("100ms", .milliseconds(100)),
            ("7d", .seconds(604_800)), ("2 m", .seconds(120)), ("1h", .seconds(3600)), ("1_000", .seconds(1)),
            ("5 fortnights", nil), ("s", nil), ("", nil), ("-1", nil), ("1.5s", nil),
            ("99999999999999999999", nil), ("9223372036854775807d", nil), ("999999d", nil),
        ] as [(String, Duration?)])
    func durations(text: String, expected: Duration?) {
        #expect(ConfigType.parseDuration(text, in: .zero ... .seconds(86_400 * 365)) == expected)
    }

    @Test(
        "a size is a number of bytes, or has a unit, which is binary as in Spring",
        arguments: [
            ("4096", 4096), ("512KiB", 524_288), ("1MB", 1_048_576), ("1 gib", 1 << 30), ("0", 0), ("1TB", nil),
            ("9223372036854775807KiB", nil), ("x", nil), ("", nil),
        ] as [(String, Int?)])
    func sizes(text: String, expected: Int?) {
        #expect(ConfigType.parseBytes(text, in: 0...Int.max) == expected)
    }

    @Test("sizes and times are rendered so that they read back as the same", arguments: 0..<40)
    func rendering(exponent: Int) {
        let bytes = (1 << exponent) + (exponent % 3 == 0 ? 1 : 0)
        #expect(ConfigType.parseBytes(ConfigType.render(bytes: bytes), in: 0...Int.max) == bytes)
        let duration = Duration.milliseconds(bytes)
        #expect(ConfigType.parseDuration(ConfigType.render(duration), in: .zero ... .seconds(1 << 40)) == duration)
    }

    @Test(
        "a switch takes YAML's words",
        arguments: [("true", true), ("Yes", true), ("on", true), ("FALSE", false), ("off", false), ("1", nil)]
            as [(String, Bool?)])
    func switches(text: String, expected: Bool?) {
        #expect(ConfigType.parseBoolean(text) == expected)
    }

    @Test(
        "the nearest name is found over swapped, missing and added letters, and by its beginning",
        arguments: [
            ("partition", "partitions"), ("flitre", "filter"), ("gruop", "group"), ("destnation", "destination"),
            ("colour", nil), ("", nil), ("part", "partitions"),
        ] as [(String, String?)])
    func nearest(typed: String, expected: String?) {
        let names = ["partitions", "filter", "group", "destination"]
        #expect(RelaxedName.nearest(to: typed, among: names) == expected)
    }

    @Test("a list is split at commas, but not within braces")
    func lists() throws {
        let text = ConfigText("/a/{b,c}.log, /d,e", at: SourceLocation(file: "f", line: 3, column: 10))
        let parts = ConfigKey.split(text, at: [","])
        #expect(parts.map(\.text) == ["/a/{b,c}.log", "/d", "e"])
        #expect(parts.map(\.location.column) == [10, 24, 27])
    }
}
