import DiskSimulation
import TestSupport
import Testing

/// Hundreds of data directories on a disk that fails at random moments.
@Suite("A broker on a failing disk")
struct BrokerFaultTests {
    @Test("whatever the disk does and whenever the power goes, the broker keeps its promises")
    func randomLives() async throws {
        let folder = try TemporaryFolder()
        try await FaultSeeds.forEach(count: 600) { seed, isAlone in
            var trial = BrokerTrial(seed: seed, directory: folder.path, isTracing: isAlone)
            do {
                try await trial.run()
            } catch {
                if isAlone { print((trial.trace + trial.steps).joined(separator: "\n")) }
                throw error
            }
        }
    }
}
