import Foundation
import TestSupport
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
    static func run(_ arguments: [String], input: Data = Data(), folder: TemporaryFolder) async throws -> Data {
        try input.write(to: folder.url.appending(path: "stdin"))
        let ended = try await ChildProcess.run(
            try #require(interpreter).path, [root.appending(path: "Tests/CrossCheck/records.py").path] + arguments,
            input: folder.path("stdin"))
        try #require(ended.status == 0, "\(ended.errors)")
        return Data(ended.output.utf8)
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
