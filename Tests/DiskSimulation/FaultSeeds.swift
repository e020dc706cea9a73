import Foundation
import TestSupport

/// The seeds that a test of random faults goes through.
///
/// - `SLUICE_DISK_SEED=<seed>` runs that one alone and lets the test tell what it does.
/// - `SLUICE_SOAK_MINUTES=<minutes>` runs new ones for so long, instead of the same few in every run.
package enum FaultSeeds {
    /// The seeds that failed, and how.
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    private static let failuresMax = 5

    /// Runs `body` for each seed; `isAlone` says that it is to print what it does.
    package static func forEach(
        count: Int, _ body: @Sendable (_ seed: UInt64, _ isAlone: Bool) async throws -> Void
    ) async throws {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SLUICE_DISK_SEED"].flatMap({ UInt64($0) }) { return try await body(seed, true) }
        let minutes = environment["SLUICE_SOAK_MINUTES"].flatMap { Double($0) }
        let deadline = minutes.map { ContinuousClock.now + .seconds($0 * 60) }
        let first = minutes == nil ? 1 : UInt64.random(in: 1 << 32...1 << 62)
        var failures: [String] = []
        var done = 0
        while deadline.map({ ContinuousClock.now < $0 }) ?? (done < count), failures.count < failuresMax {
            let seed = first + UInt64(done)
            done += 1
            do {
                try await body(seed, false)
            } catch {
                failures.append("SLUICE_DISK_SEED=\(seed): \(error)")
            }
        }
        if minutes != nil { print("\(done) seeds from \(first) on") }
        if !failures.isEmpty { throw Failed(description: failures.joined(separator: "\n")) }
    }
}
