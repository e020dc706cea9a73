import Foundation
import Testing

/// The Python interpreter with `Tests/requirements.txt` installed, and the script that stands for the other implementations.
enum Python {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// `SLUICE_TEST_PYTHON`, or `.venv/bin/python` in the repository; nil if neither is there.
    static let interpreter: URL? = {
        let local = root.appending(path: ".venv/bin/python")
        let candidates = [ProcessInfo.processInfo.environment["SLUICE_TEST_PYTHON"].map { URL(filePath: $0) }, local]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    /// Runs `Tests/CrossCheck/records.py` with the arguments and gives what it prints; a failure of the script fails the test with its message.
    @discardableResult
    static func run(_ arguments: [String], input: Data = Data(), folder: TemporaryFolder) throws -> Data {
        let inputFile = folder.url.appending(path: "stdin")
        let outputFile = folder.url.appending(path: "stdout")
        let errorFile = folder.url.appending(path: "stderr")
        try input.write(to: inputFile)
        try Data().write(to: outputFile)
        try Data().write(to: errorFile)
        let executable: URL = try #require(interpreter)
        let process = Process()
        process.executableURL = executable
        process.arguments = [root.appending(path: "Tests/CrossCheck/records.py").path] + arguments
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        process.waitUntilExit()
        let complaint = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
        try #require(process.terminationStatus == 0, "\(complaint)")
        return try Data(contentsOf: outputFile)
    }
}

/// A folder that is gone when the last reference to it is.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file in it.
    func path(_ name: String) -> String { url.appending(path: name).path }
}
