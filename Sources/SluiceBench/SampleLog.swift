import AccessLogs
import Foundation

/// A log in the combined format, the same on every run: the traffic generator's, people, bots and garbage.
struct SampleLog {
    let path: String
    let lines: Int
    let bytes: Int

    /// Writes the log.
    init(at path: String, megabytes: Int) throws {
        self.path = path
        try Data().write(to: URL(filePath: path))
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        var generator = TrafficGenerator(format: .combined, seed: 1)
        var lines = 0
        var bytes = 0
        var buffer: [UInt8] = []
        // A thousand lines a second of event time, from a fixed moment, so that windows open and close as they would live.
        let start: Int64 = 1_790_000_000_000
        while bytes < megabytes * 1_000_000 {
            buffer.removeAll(keepingCapacity: true)
            for _ in 0..<10_000 {
                _ = generator.appendLine(at: start + Int64(lines), to: &buffer)
                lines += 1
            }
            try file.write(contentsOf: buffer)
            bytes += buffer.count
        }
        try file.close()
        self.lines = lines
        self.bytes = bytes
    }
}
