import Foundation
import TestSupport
import Testing

/// The script that stands for the other implementations.
enum Python {
    /// Runs `Tests/CrossCheck/records.py` with the arguments and gives what it prints; a failure of the script fails the test with its message.
    @discardableResult
    static func run(_ arguments: [String], input: Data = Data(), folder: TemporaryFolder) async throws -> Data {
        try input.write(to: URL(filePath: folder("stdin")))
        let ended = try await PythonInterpreter.run("CrossCheck/records.py", arguments, input: folder("stdin"))
        try #require(ended.status == 0, "\(ended.errors)")
        return Data(ended.output.utf8)
    }
}
