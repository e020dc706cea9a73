import ArgumentParser
import Foundation

/// Ends a command with one line on standard error that says what, where, and what to do.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String
    /// The exit code.
    var code: Int32 = 1

    init(_ description: String, code: Int32 = 1) {
        self.description = description
        self.code = code
    }
}

/// Writes a line to standard error; where that cannot be written, as on a full disk, the line is lost and the work goes on.
func complain(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
}

/// Runs a command's body and turns what it throws into a line and an exit code.
func reportingFailures(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let failure as CommandFailure {
        complain("sluice: \(failure)")
        throw ExitCode(failure.code)
    } catch let code as ExitCode {
        throw code
    } catch let error as ValidationError {
        throw error
    } catch is StandardOutput.Closed {
        // Whoever closed it has what it wanted.
    } catch {
        complain("sluice: \(error)")
        throw ExitCode(1)
    }
}
