import DiskSimulation
import Foundation
import TestSupport
import Testing

@testable import SegmentedLog

/// Thousands of partitions' lives on a disk that fails at random moments.
@Suite("A partition on a failing disk")
struct DiskFaultTests {
    @Test("whatever the disk does and whenever the power goes, the log keeps its promises")
    func randomLives() async throws {
        try await FaultSeeds.forEach(count: 3000) { seed, isAlone in
            var trial = LogTrial(seed: seed, isTracing: isAlone)
            do {
                try await trial.run()
            } catch {
                if isAlone { print((trial.trace + trial.steps).joined(separator: "\n")) }
                throw error
            }
            if isAlone { print(trial.steps.joined(separator: "\n")) }
        }
    }
}
