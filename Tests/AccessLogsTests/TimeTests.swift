import AccessLogs
import Foundation
import Testing

@Suite("Times")
struct TimeTests {
    @Test("days through four centuries agree with the C library")
    func calendar() throws {
        let format = try AccessLogFormat.nginx("[$time_local] $msec")
        var output: [UInt8] = []
        var generator = TrafficGenerator(format: .common, seed: 1, unparsableShare: 0)
        let common = try AccessLogFormat.named("common")
        for day in stride(from: Int64(0), to: 146_097, by: 101) {
            let seconds = day * 86_400 + (day * 7919) % 86_400
            output.removeAll(keepingCapacity: true)
            generator.appendLine(at: seconds * 1000, to: &output)
            output.removeLast()
            let scan = Scan(common, output)
            #expect(scan.accepted)
            #expect(scan.eventTime == seconds * 1000)
            var clock = time_t(seconds)
            var parts = tm()
            gmtime_r(&clock, &parts)
            var text = [CChar](repeating: 0, count: 64)
            strftime(&text, 64, "%Y-%m-%dT%H:%M:%SZ", &parts)
            let expected = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            #expect(scan.object["time"] as? String == expected)
        }
        let offset = Scan(format, "[29/Feb/2024:23:59:59 +0530] 1709231399.007")
        #expect(offset.object["time"] as? String == "2024-02-29T23:59:59+05:30")
        #expect(offset.eventTime == 1_709_231_399_000)
        #expect(!Scan(format, "[29/Feb/2023:23:59:59 +0530] 1709231399.007").accepted)
    }

    @Test(
        "the time is RFC 3339 whatever its form in the line",
        arguments: [
            ("$time_iso8601", "2026-11-22T22:07:02-08:00", "2026-11-22T22:07:02-08:00", 1_795_414_022_000),
            ("$msec", "1795385222.123", "2026-11-22T22:07:02.123Z", 1_795_385_222_123),
            ("%{sec}t", "1795385222", "2026-11-22T22:07:02Z", 1_795_385_222_000),
            ("%{msec}t", "1795385222123", "2026-11-22T22:07:02.123Z", 1_795_385_222_123),
            ("%{usec}t", "1795385222123999", "2026-11-22T22:07:02.123Z", 1_795_385_222_123),
            ("%t", "[22/Nov/2026:22:07:02 +0000]", "2026-11-22T22:07:02Z", 1_795_385_222_000),
        ] as [(String, String, String, Int64)])
    func forms(format: String, line: String, time: String, milliseconds: Int64) throws {
        let scan = Scan(try .described(by: format), line)
        #expect(scan.accepted)
        #expect(scan.object["time"] as? String == time)
        #expect(scan.eventTime == milliseconds)
    }

    @Test("a time beyond the year 9999 is null and does not trap")
    func farFuture() throws {
        let scan = Scan(try .apache("%{sec}t"), "999999999999999999")
        #expect(scan.json == #"{"time_sec":999999999999999999,"time":null}"#)
        #expect(scan.eventTime == nil)
    }
}
