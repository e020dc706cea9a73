import Foundation
import TestSupport
import Testing

/// `sluice check` on broken files and on every file the repository ships.
@Suite("sluice check", .timeLimit(.minutes(10)))
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

    @Test(
        "the shipped logrotate files are ones that logrotate takes",
        arguments: ["agents/nginx/logrotate", "agents/apache/logrotate"])
    func logrotateFiles(path: String) async throws {
        guard let logrotate = Program.installed("logrotate") else { try Test.cancel("logrotate is not installed") }
        let folder = try TemporaryFolder()
        let text = try String(contentsOfFile: Program.root + "/" + path, encoding: .utf8)
        // logrotate takes only files that nobody else may write to.
        let file = try folder.write("rotate", text)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        let result = try await Program.run(logrotate, ["--debug", "--state", folder("state"), file])
        #expect(result.status == 0 && !result.errors.contains("error:"), "\(result.errors)")
    }

    @Test("the shipped systemd unit runs a command line that sluice takes")
    func systemdUnit() async throws {
        let unit = try String(contentsOfFile: Program.root + "/agents/nginx/sluice.service", encoding: .utf8)
        let command = try #require(unit.firstMatch(of: /ExecStart=\S+\/sluice (.+)/)?.1)
        let help = try await Program.run(Program.sluice, command.split(separator: " ").map(String.init) + ["--help"])
        #expect(help.status == 0, "\(help.errors)")
    }

    @Test("errors that cannot be written stop nothing")
    func unwritableErrors() async throws {
        let result = try await Program.run(
            "/bin/sh", ["-c", #""$PROGRAM" check /nope 2>/dev/full"#], environment: ["PROGRAM": Program.sluice])
        #expect(result.status == 1 && !result.wasKilled)
    }

    @Test("the README's YAML gives the message that it shows")
    func readme() async throws {
        let readme = try String(contentsOfFile: Program.root + "/README.md", encoding: .utf8)
        let yaml = try #require(readme.firstMatch(of: /```yaml\n((?s:.+?))```/)?.1)
        #expect(yaml.split(separator: "\n").count == 10)
        let shown = try #require(readme.firstMatch(of: /\$ sluice check pipeline.yaml\n(.+)\n/)?.1)
        let folder = try TemporaryFolder()
        try folder.write("pipeline.yaml", String(yaml))
        let check = try await Program.run(Program.sluice, ["check", "pipeline.yaml"], directory: folder.path)
        #expect(check.errors == shown + "\n")
    }

    @Test("a path that is not there is told in one line, with what to do")
    func noSuchPath() async throws {
        let check = try await Program.run(Program.sluice, ["check", "/nope"])
        #expect(check.status == 1)
        #expect(check.errors.hasPrefix("/nope: there is no such file or folder: correct the path"), "\(check.errors)")
        #expect(check.errors.split(separator: "\n").count == 1)
    }

    @Test("without a configuration the message says where to put one")
    func nothingThere() async throws {
        let folder = try TemporaryFolder()
        let check = try await Program.run(Program.sluice, ["check"], directory: folder.path)
        #expect(check.status == 1)
        #expect(check.errors.contains("--config PATH"), "\(check.errors)")
    }
}
