import AccessLogs
import Foundation
import Testing

@Suite("Rendering gives back what was scanned")
struct RoundTripTests {
    private static let formats: [(String, AccessLogFormat.Escape)] = [
        (#"$remote_addr - $remote_user [$time_local] "$request" $status "$http_a" "$http_b""#, .default),
        (#"{"a":"$http_a","r":"$request","s":$status,"b":"$http_b"}"#, .json),
        (#"$status|$http_a|$request|$http_b"#, .none),
        (#"%h %l %u %t "%r" %>s "%{a}i" "%{b}i""#, .default),
    ]

    @Test("values written by the renderer are the values scanned", arguments: formats)
    func values(text: String, escape: AccessLogFormat.Escape) throws {
        var random = TestRandom()
        let format = try AccessLogFormat.described(by: text, escape: escape)
        var accepted = 0
        for _ in 0..<800 {
            let values: [[UInt8]?] = format.fields.map { field in
                switch field.name {
                case "remote_addr", "remote_logname": Array("2001:db8::1".utf8)
                case "time_local": Array("22/Nov/2026:22:07:02 +0000".utf8)
                case "status": Array("404".utf8)
                case "remote_user": Self.anyBytes(&random, escape).flatMap { $0.isEmpty ? nil : $0 }
                default: Self.anyBytes(&random, escape)
                }
            }
            let scan = Scan(format, format.render(values))
            guard scan.accepted else {
                #expect(escape == .none, "seed \(random.seed): \(String(decoding: scan.line, as: UTF8.self))")
                continue
            }
            accepted += 1
            #expect(scan.rendered == scan.line, "seed \(random.seed)")
            for (field, (sent, found)) in zip(values, scan.values).enumerated() {
                // A value that reads like an absent variable is one.
                let absent: [UInt8] = escape == .default ? [UInt8(ascii: "-")] : []
                #expect(found ?? absent == sent ?? absent, "seed \(random.seed), field \(field)")
            }
            #expect(scan.object["status"] as? Int == 404, "seed \(random.seed): \(scan.json)")
        }
        #expect(accepted > 100)
    }

    private static func anyBytes(_ random: inout TestRandom, _ escape: AccessLogFormat.Escape) -> [UInt8]? {
        if Int.random(in: 0..<12, using: &random) == 0 { return nil }
        let palette: [UInt8] =
            Array(" \"\\[]-x41u00nré\u{7F}\r\t\u{0}\u{B}\u{C}GET / HTTP/1.1|".utf8) + [0xFF, 0xE9, 0x80]
        let bytes = (0..<Int.random(in: 0..<24, using: &random)).map { _ in palette.randomElement(using: &random) ?? 0 }
        return escape == .none ? bytes.filter { $0 != UInt8(ascii: "|") } : bytes
    }

    @Test("a mutated line is rejected or gives itself back, as valid JSON", arguments: TrafficGenerator.Format.allCases)
    func mutations(traffic: TrafficGenerator.Format) throws {
        var random = TestRandom()
        let format = try AccessLogFormat.named(traffic.rawValue)
        var generator = TrafficGenerator(format: traffic, seed: random.seed)
        for _ in 0..<1200 {
            var line: [UInt8] = []
            generator.appendLine(at: 1_795_385_222_000, to: &line)
            line.removeLast()
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0...line.count, using: &random)
                let special: [UInt8] = [0x20, 0x22, 0x5C, 0x2D, 0x30, 0xE9, 0x3A, 0x2C]
                let byte: UInt8 = special.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<3, using: &random) {
                case 0: line.insert(byte, at: position)
                case 1 where position < line.count: line[position] = byte
                default: if position < line.count { line.remove(at: position) }
                }
            }
            let scan = Scan(format, line)
            guard scan.accepted else { continue }
            #expect(scan.rendered == line, "seed \(random.seed): \(String(decoding: line, as: UTF8.self))")
            #expect(!scan.object.isEmpty, "seed \(random.seed): \(scan.json)")
        }
    }

    @Test("no bytes at all make it trap", arguments: AccessLogFormat.names)
    func anyBytes(name: String) throws {
        var random = TestRandom()
        let format = try AccessLogFormat.named(name)
        for _ in 0..<1500 {
            let line = (0..<Int.random(in: 0..<60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            #expect(!Scan(format, line).accepted, "seed \(random.seed)")
        }
    }

    @Test("a scan that belongs to another line is read as nothing")
    func foreignRanges() throws {
        let format = try AccessLogFormat.nginx(#"$status "$request""#)
        let scan = Scan(format, #"200 "GET / HTTP/1.1""#)
        var output: [UInt8] = []
        format.appendJSON(scan.scanned, of: [UInt8(ascii: "x")].span, to: &output)
        #expect(
            String(decoding: output, as: UTF8.self)
                == #"{"status":null,"request":null,"method":null,"uri":null,"protocol":null}"#)
    }
}
