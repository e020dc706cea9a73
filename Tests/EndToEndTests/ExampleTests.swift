import Foundation
import TestSupport
import Testing

/// The example program of the README, as a user would run it.
@Suite("the example")
struct ExampleTests {
    @Test("three stages written in Swift split, filter and tell")
    func threeStages() async throws {
        let folder = try TemporaryFolder()
        let name = "Examples/ThreeStages/pipeline.yaml"
        try folder.write(name, try String(contentsOfFile: Program.root + "/" + name, encoding: .utf8))
        let program = (Program.sluice as NSString).deletingLastPathComponent + "/ThreeStages"
        let input = #"{"path":"/","status":200};{"path":"/cart","status":503}"#
        let result = try await Program.run(
            "/bin/sh", ["-c", #"printf '%s\n' "$INPUT" | "$PROGRAM""#], directory: folder.path,
            environment: ["INPUT": input, "PROGRAM": program])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "failed: /cart\n", "\(result.output)")
    }
}
