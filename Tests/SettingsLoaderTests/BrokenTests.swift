import Foundation
import Testing

@testable import SettingsLoader

@Suite("Broken configurations")
struct BrokenTests {
    /// The broken files; each begins with one line `# expect: LINE:COLUMN: MESSAGE` for every finding, in order.
    /// `{file}` in a message stands for the file's own path.
    static let files =
        (try? FileManager.default.contentsOfDirectory(atPath: sample("Broken")))?.filter { $0.hasSuffix(".yaml") }
        .sorted() ?? []

    @Test("each broken file is refused with its place and advice", arguments: files)
    func broken(_ name: String) throws {
        let path = sample("Broken/\(name)")
        let expected = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            .prefix { $0.hasPrefix("# expect: ") }
            .map { "\(path):" + $0.dropFirst("# expect: ".count).replacing("{file}", with: path) }
        let result = ConfigurationLoader(paths: [path], environment: [:]).load()
        #expect(!expected.isEmpty, "the file says what to expect")
        #expect(result.settings == nil)
        #expect(result.diagnostics.map(\.description) == expected)
    }

    @Test("there are enough broken files to learn from")
    func count() {
        #expect(Self.files.count >= 25)
    }
}
