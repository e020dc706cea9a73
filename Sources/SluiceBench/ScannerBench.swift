import AccessLogs
import Foundation

/// The compiled `combined` scanner over lines in memory, one thread, against a loop that only looks for the delimiters.
struct ScannerBench {
    let log: SampleLog
    let runs: Int
    private static let sampleBytes = 256 << 20
    /// 3 of the 4.35 GB/s that the bare loop reached on the machine the target was set on.
    private static let targetRatio = 0.69

    func run() throws {
        let format = try AccessLogFormat.named("combined")
        let file = try FileHandle(forReadingFrom: URL(filePath: log.path))
        let bytes = [UInt8](try file.read(upToCount: Self.sampleBytes) ?? Data())
        var bare: [Double] = []
        var scan: [Double] = []
        var render: [Double] = []
        var lines = 0
        var parsed = 0
        // In turn, so that whatever else the machine does meets all three.
        for _ in 0..<runs {
            var splitter = BareScanner()
            var divided = 0
            bare.append(
                rate(bytes) { line in
                    line.withUnsafeBytes { raw in
                        guard let base = raw.baseAddress else { return }
                        if splitter.scan(base, count: raw.count) { divided += splitter.ends[7] }
                    }
                })
            precondition(divided > 0, "the bare loop found nothing")

            var scanned = ScannedLine()
            (lines, parsed) = (0, 0)
            scan.append(
                rate(bytes) { line in
                    lines += 1
                    if format.scan(line, into: &scanned) { parsed += 1 }
                })

            var json: [UInt8] = []
            render.append(
                rate(bytes) { line in
                    guard format.scan(line, into: &scanned) else { return }
                    json.removeAll(keepingCapacity: true)
                    format.appendJSON(scanned, of: line, to: &json)
                })
        }
        show("## Scanner, `combined`, one thread\n")
        show("| | bare GB/s per core | GB/s per core | ns a line | ratio | target |")
        show("|---|---|---|---|---|---|")
        let perLine = Double(bytes.count) / Double(max(lines, 1))
        func row(_ name: String, _ rate: Double, target: String) {
            show(
                "| \(name) | \(bare.median.text(places: 2)) | \(rate.text(places: 2)) | \((perLine / rate).text(places: 0)) "
                    + "| \((rate / bare.median).text(places: 2)) | \(target) |")
        }
        row("scan", scan.median, target: Self.targetRatio.text(places: 2))
        row("scan and write JSON", render.median, target: "")
        show("\n\(parsed * 100 / max(lines, 1)) % of the lines parse; the others are the generator's garbage.\n")
    }

    /// Gigabytes a CPU-second. Splitting the lines is part of it, inlined with `body`.
    @inline(__always)
    private func rate(_ bytes: [UInt8], _ body: (Span<UInt8>) -> Void) -> Double {
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
    }
}
