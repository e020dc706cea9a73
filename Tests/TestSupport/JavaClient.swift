import Foundation

/// Apache Kafka's Java client, which `make test-deps` puts beside the Python interpreter, and the scenarios for it in `Tests/Clients/java`.
package enum JavaClient {
    private static let java = ChildProcess.installed("java")
    private static let compiler = ChildProcess.installed("javac")

    /// Where the client's jars are: the folder `java` of the interpreter's environment.
    private static let libraries: String? = PythonInterpreter.path.flatMap { python in
        let folder = URL(filePath: python).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "java")
        return FileManager.default.fileExists(atPath: folder.path + "/kafka-clients-4.3.0.jar") ? folder.path : nil
    }

    /// Whether all of it is installed. CI has it, or fails.
    package static let isInstalled =
        ProcessInfo.processInfo.environment["CI"] != nil || java != nil && compiler != nil && libraries != nil

    /// The scenarios, compiled once for all tests of a run.
    private static let classes = Task {
        let folder = try TemporaryFolder()
        let sources = try FileManager.default.contentsOfDirectory(atPath: PythonInterpreter.tests + "/Clients/java")
            .filter { $0.hasSuffix(".java") }
        let compiled = try await ChildProcess.run(
            compiler ?? "javac", ["-Xlint:all", "-Werror", "-cp", "\(libraries ?? "")/*", "-d", folder.path] + sources,
            directory: PythonInterpreter.tests + "/Clients/java")
        guard compiled.status == 0 else { throw ChildProcess.Failure(description: compiled.output + compiled.errors) }
        return folder
    }

    /// Starts a scenario against the broker at an address.
    package static func start(_ scenario: String, _ address: String, _ arguments: [String] = []) async throws
        -> ChildProcess
    {
        // Short runs: the first compiler and the simplest collector start fastest and leave the processors to the broker.
        try ChildProcess(
            java ?? "java",
            [
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-cp",
                "\(libraries ?? "")/*:\(try await classes.value.path)", "Main", address, scenario,
            ] + arguments)
    }

    /// Runs a scenario to its end.
    package static func run(_ scenario: String, _ address: String, _ arguments: [String] = []) async throws
        -> ChildProcess.Result
    {
        try await start(scenario, address, arguments).wait()
    }
}
