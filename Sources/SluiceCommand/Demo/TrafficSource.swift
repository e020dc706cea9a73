import AccessLogs
import Foundation

/// A traffic generator with the wall clock.
struct TrafficSource {
    private var generator: TrafficGenerator

    init(format: TrafficGenerator.Format, seed: UInt64?) {
        generator = TrafficGenerator(format: format, seed: seed ?? UInt64.random(in: 0...UInt64.max))
    }

    /// The next lines, each with its newline, all of the present moment.
    mutating func lines(_ count: Int) -> Data {
        var bytes: [UInt8] = []
        let now = Int64(Date.now.timeIntervalSince1970 * 1000)
        for _ in 0..<count { _ = generator.appendLine(at: now, to: &bytes) }
        return Data(bytes)
    }
}
