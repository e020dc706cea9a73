import Foundation
import TestSupport
import Testing

/// The script that stands for the other implementations.
enum Python {
    /// Runs `Tests/CrossCheck/records.py` with the arguments and gives what it prints; a failure of the script fails the test with its message.
    @discardableResult
    static func run(_ arguments: [String], input: Data = Data(), folder: TemporaryFolder) async throws -> Data {
        try input.write(to: folder.url.appending(path: "stdin"))
        let ended = try await PythonInterpreter.run("CrossCheck/records.py", arguments, input: folder.path("stdin"))
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
