import AccessLogs
import Foundation

/// The compiled `combined` scanner over lines in memory, one thread. Target: 3 GB a CPU-second.
struct ScannerBench {
    let log: SampleLog
    let runs: Int
    private static let sampleBytes = 256 << 20

    func run() throws {
        let format = try AccessLogFormat.named("combined")
        let file = try FileHandle(forReadingFrom: URL(filePath: log.path))
        let bytes = [UInt8](try file.read(upToCount: Self.sampleBytes) ?? Data())
        var scanned = ScannedLine()
        var parsed = 0
        var lines = 0
        var json: [UInt8] = []
        let scan = rates(bytes) { line in
            lines += 1
            if format.scan(line, into: &scanned) { parsed += 1 }
        }
        let render = rates(bytes) { line in
            guard format.scan(line, into: &scanned) else { return }
            json.removeAll(keepingCapacity: true)
            format.appendJSON(scanned, of: line, to: &json)
        }
        show("## Scanner, `combined`, one thread\n")
        show("| | GB/s per core | ns a line | target GB/s |")
        show("|---|---|---|---|")
        let perLine = Double(bytes.count) / Double(lines / runs)
        show("| scan | \(scan.rounded(to: 2)) | \((perLine / scan).rounded(to: 0)) | 3 |")
        show("| scan and write JSON | \(render.rounded(to: 2)) | \((perLine / render).rounded(to: 0)) | |\n")
        show("\(parsed * 100 / max(lines, 1)) % of the lines parse; the others are the generator's garbage.\n")
    }

    /// Gigabytes a CPU-second: the median of the runs. Splitting the lines is part of it.
    private func rates(_ bytes: [UInt8], _ body: (Span<UInt8>) -> Void) -> Double {
        (0..<runs).map { _ in
            let start = Cost.cpuSeconds()
            let all = bytes.span
            bytes.withUnsafeBytes { raw in
                guard let first = raw.baseAddress else { return }
                var position = 0
                while let found = memchr(first + position, 10, raw.count - position) {
                    let end = UnsafeRawPointer(found) - first
                    body(all.extracting(position..<end))
                    position = end + 1
                }
            }
            return Double(bytes.count) / 1e9 / (Cost.cpuSeconds() - start)
        }.median
    }
}

extension Double {
    /// The number with `places` decimal places.
    func rounded(to places: Int) -> String { String(format: "%.\(places)f", self) }
}
