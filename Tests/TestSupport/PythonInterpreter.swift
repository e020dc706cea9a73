import Foundation

/// The Python interpreter with `Tests/requirements.txt` installed.
package enum PythonInterpreter {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The path of the interpreter: `SLUICE_TEST_PYTHON`, or `.venv/bin/python` in the repository; nil if neither is there.
    package static let path: String? = {
        let local = root.appending(path: ".venv/bin/python").path
        return [ProcessInfo.processInfo.environment["SLUICE_TEST_PYTHON"], local].compactMap { $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// The folder `Tests`.
    package static let tests = root.appending(path: "Tests").path

    /// Runs a script of the folder `Tests` to its end.
    package static func run(
        _ script: String, _ arguments: [String], input: String = "/dev/null"
    ) async throws -> ChildProcess.Result {
        try await ChildProcess.run(path ?? "python3", ["\(tests)/\(script)"] + arguments, input: input)
    }
}
