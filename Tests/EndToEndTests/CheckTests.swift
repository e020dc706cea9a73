import Foundation
import Testing

/// `sluice check` on broken files and on every file the repository ships.
@Suite("sluice check")
struct CheckTests {
    /// Files whose first lines say `# expect: LINE:COLUMN: MESSAGE`, one for each finding, in order; `{file}` stands for the file's path.
    static let broken: [String] = ["Tests/SettingsLoaderTests/Broken", "Tests/EndToEndTests/Broken"].flatMap { folder in
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Program.root + "/" + folder)) ?? []
        return names.sorted().map { folder + "/" + $0 }
    }

    @Test("there are at least twenty broken files")
    func thereAreEnough() { #expect(Self.broken.count >= 20) }

    @Test("a broken file gives its errors with file, line, column and advice, and exit code 1", arguments: broken)
    func brokenFile(path: String) async throws {
        let text = try String(contentsOfFile: Program.root + "/" + path, encoding: .utf8)
        let expected = text.split(separator: "\n").prefix { $0.hasPrefix("# expect: ") }.map {
            "\(path):\($0.dropFirst("# expect: ".count))".replacing("{file}", with: path)
        }
        #expect(!expected.isEmpty, "the file does not say what it expects")
        let check = try await Program.run(Program.sluice, ["check", path], directory: Program.root)
        #expect(check.status == 1)
        #expect(check.errors.split(separator: "\n").map(String.init) == expected)
    }

    @Test("the shipped agents, bindings and configuration are one configuration without a finding")
    func shippedTogether() async throws {
        let check = try await Program.run(Program.sluice, ["check"], directory: Program.root)
        #expect(check.status == 0, "\(check.errors)")
        for word in ["nginx.access", "parse-in-0", "per-second", "apache.hits", "/var/log/nginx/access.log"] {
            #expect(check.output.contains(word), "the table does not name \(word):\n\(check.output)")
        }
    }

    @Test("every profile that ships loads", arguments: ["fast"])
    func profiles(name: String) async throws {
        let check = try await Program.run(Program.sluice, ["check", "--profile", name], directory: Program.root)
        #expect(check.status == 0, "\(check.errors)")
    }

    @Test("an override wins over the files, and a wrong one is told by its name")
    func overrides() async throws {
        let good = try await Program.run(
            Program.sluice, ["check", "--set", "stream.embedded.binder.flush=os"], directory: Program.root)
        #expect(good.status == 0, "\(good.errors)")
        let wrong = try await Program.run(
            Program.sluice, ["check", "--set", "stream.embedded.binder.flsh=os"], directory: Program.root)
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("did you mean 'flush'"), "\(wrong.errors)")
    }

    @Test("without a configuration the message says where to put one")
    func nothingThere() async throws {
        let folder = try TemporaryFolder()
        let check = try await Program.run(Program.sluice, ["check"], directory: folder.path)
        #expect(check.status == 1)
        #expect(check.errors.contains("--config PATH"), "\(check.errors)")
    }
}
