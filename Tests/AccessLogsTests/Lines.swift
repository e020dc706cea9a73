import AccessLogs
import Foundation
import Testing

/// A line scanned by a format, with what the tests ask about it.
struct Scan {
    let format: AccessLogFormat
    let line: [UInt8]
    let scanned: ScannedLine
    let accepted: Bool

    init(_ format: AccessLogFormat, _ line: [UInt8]) {
        var scanned = ScannedLine()
        accepted = format.scan(line.span, into: &scanned)
        self.format = format
        self.line = line
        self.scanned = scanned
    }

    init(_ format: AccessLogFormat, _ line: String) { self.init(format, Array(line.utf8)) }

    var values: [[UInt8]?] {
        format.fields.indices.map { format.value(of: $0, in: scanned, of: line.span) }
    }

    func value(_ name: String) -> [UInt8]? {
        format.fields.firstIndex { $0.name == name }.flatMap { format.value(of: $0, in: scanned, of: line.span) }
    }

    func text(_ name: String) -> String? { value(name).map { String(decoding: $0, as: UTF8.self) } }

    /// The line that the server would write for the values found.
    var rendered: [UInt8] { format.render(values, like: scanned) }

    var jsonBytes: [UInt8] {
        var output: [UInt8] = []
        format.appendJSON(scanned, of: line.span, to: &output)
        return output
    }

    var json: String { String(decoding: jsonBytes, as: UTF8.self) }

    /// The JSON as Foundation reads it, or nothing when it is not JSON.
    var object: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(jsonBytes))) as? [String: Any] ?? [:]
    }

    var eventTime: Int64? { format.eventTime(scanned, of: line.span) }
}

/// Random numbers for tests, from a seed that a failing test shows.
struct TestRandom: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64 = UInt64.random(in: 0...UInt64.max)) {
        self.seed = seed
        state = seed
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    }
}
