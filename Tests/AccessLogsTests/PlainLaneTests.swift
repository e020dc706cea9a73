import AccessLogs
import Testing

/// The short way for lines without escapes against the full scan, which a format is left to when one of its literals has more than eight bytes.
@Suite("The plain lane")
struct PlainLaneTests {
    private static let formats = [
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
        #"[$time_local] $status $body_bytes_sent $remote_addr:$http_a "$http_b" "#,
        #""$http_a" "$http_b" "$http_c" "$http_d" "$http_e" "$http_f" "$http_g" "$http_h" "$http_i""#,
        #"$remote_addr $status "#,
        #"$status"""""""""#,
    ]

    @Test("it divides a line as the full scan does, or leaves it to that", arguments: formats)
    func agrees(text: String) throws {
        let ending = "0123456789"
        let plain = try AccessLogFormat.nginx(text)
        let full = try AccessLogFormat.nginx(text + ending)
        var random = TestRandom()
        var accepted = 0
        for _ in 0..<3000 {
            let line = Self.anyLine(of: plain, &random)
            let one = Scan(plain, line)
            let other = Scan(full, line + Array(ending.utf8))
            let note = "seed \(random.seed): \(String(decoding: line, as: UTF8.self))"
            #expect(one.accepted == other.accepted, "\(note)")
            guard one.accepted, other.accepted else { continue }
            accepted += 1
            for field in plain.fields.indices {
                #expect(one.scanned.range(of: field) == other.scanned.range(of: field), "\(note)")
            }
            #expect(one.json == other.json, "\(note)")
            #expect(one.rendered == line, "\(note)")
        }
        #expect(accepted > 300)
    }

    /// A line of the format with texts of all lengths, half of the time broken in a place or two.
    private static func anyLine(of format: AccessLogFormat, _ random: inout TestRandom) -> [UInt8] {
        var line = format.render(
            format.fields.map { field in
                switch field.name {
                case "time_local": Array("\(Int.random(in: 10...30, using: &random))/Nov/2026:22:07:02 +0000".utf8)
                case "status": Array(["200", "404", "009", "-"].randomElement(using: &random, or: "200").utf8)
                case "body_bytes_sent": Array(String(Int.random(in: 0...99_999_999_999, using: &random)).utf8)
                case "remote_addr": Array(["1.2.3.4", "2001:db8::1"].randomElement(using: &random, or: "::1").utf8)
                default: text(&random)
                }
            })
        guard Bool.random(using: &random), !line.isEmpty else { return line }
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let position = Int.random(in: 0..<line.count, using: &random)
            let special: [UInt8] = [0x20, 0x22, 0x5C, 0x2D, 0x30, 0xE9, 0x3A, 0x5B, 0x7F, 0x1F]
            switch Int.random(in: 0..<3, using: &random) {
            case 0: line.insert(special.randomElement(using: &random) ?? 0, at: position)
            case 1: line[position] = special.randomElement(using: &random) ?? 0
            default: if line.count > 1 { line.remove(at: position) }
            }
        }
        return line
    }

    /// Nothing, a word, or a text that is longer than the 64 bytes that are looked at together.
    private static func text(_ random: inout TestRandom) -> [UInt8]? {
        let count = [0, 1, 7, 8, 31, 32, 33, 63, 64, 65, 130].randomElement(using: &random) ?? 0
        let palette = Array(Int.random(in: 0..<8, using: &random) == 0 ? "a \"\\é".utf8 : "GET /a-b.c".utf8)
        return count == 0 ? nil : (0..<count).map { _ in palette.randomElement(using: &random) ?? 0 }
    }
}

extension Array {
    fileprivate func randomElement(using random: inout TestRandom, or other: Element) -> Element {
        randomElement(using: &random) ?? other
    }
}
