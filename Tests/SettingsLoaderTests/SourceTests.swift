import Foundation
import Settings
import TestSupport
import Testing

@testable import SettingsLoader

@Suite("Where values come from")
struct SourceTests {
    /// A stage that ends a pipeline, so that one binding is a whole configuration.
    static let base = """
        stream:
          bindings:
            show-in: { destination: hits, group: file, consumer: { maxAttempts: 2 } }
          stages:
            show: { use: console }

        """

    @Test("--set is stronger than the environment, that than JSON, that than a profile's file, that than a file")
    func precedence() throws {
        let folder = try TemporaryFolder([
            "a.yaml": Self.base,
            "a-prod.yaml": "stream.bindings.show-in.group: profile-file",
            "b.yaml": "config.activate.on-profile: prod\nstream.bindings.show-in.group: profile-document\n",
        ])
        func group(_ profiles: [String], _ environment: [String: String], _ overrides: [String]) -> String? {
            let result = ConfigurationLoader(
                paths: [folder.path], profiles: profiles, overrides: overrides, environment: environment
            ).load()
            #expect(result.diagnostics == [])
            return result.settings?.stream.bindings["show-in-0"]?.group
        }
        let json = ["SPRING_APPLICATION_JSON": #"{"stream": {"bindings": {"show-in-0": {"group": "json"}}}}"#]
        let variable = json.merging(["STREAM_BINDINGS_SHOW_IN_GROUP": "environment"]) { _, new in new }
        #expect(group([], [:], []) == "file")
        #expect(group(["other"], [:], []) == "file")
        #expect(group(["prod"], [:], []) == "profile-file")
        #expect(group(["prod"], json, []) == "json")
        #expect(group(["prod"], variable, []) == "environment")
        #expect(group(["prod"], variable, ["stream.bindings.show-in.group=set"]) == "set")
        #expect(group([], ["SPRING_PROFILES_ACTIVE": "prod"], []) == "profile-file")
    }

    @Test(
        "an environment variable finds its key whatever stands for the dashes",
        arguments: [
            "STREAM_BINDINGS_SHOW_IN_GROUP", "STREAM_BINDINGS_SHOW_IN_0_GROUP", "STREAM_BINDINGS_SHOWIN0_GROUP",
            "SPRING_CLOUD_STREAM_BINDINGS_SHOW_IN_0_GROUP", "stream_bindings_showin_group",
        ])
    func environment(variable: String) throws {
        let result = try load(Self.base, environment: [variable: "x"])
        #expect(result.settings?.stream.bindings["show-in-0"]?.group == "x")
    }

    @Test("a variable that means nothing is warned about only where its beginning is ours")
    func strangeVariables() throws {
        let result = try load(
            Self.base, environment: ["STREAM_BINDINGS_SHOW_IN_GRUOP": "x", "STREAM_KEY": "y", "AGENT_NAME": "z"])
        #expect(
            result.messages == [
                "environment variable STREAM_BINDINGS_SHOW_IN_GRUOP: warning: no key is meant by this; it is ignored;"
                    + " did you mean 'stream.bindings.[show-in-0].group'?"
            ])
    }

    @Test("a value of the environment is checked like any other")
    func environmentValue() throws {
        let result = try load(Self.base, environment: ["STREAM_EMBEDDED_BINDER_FLUSH": "sometimes"])
        #expect(
            result.messages == [
                "environment variable STREAM_EMBEDDED_BINDER_FLUSH: 'flush' is 'sometimes';"
                    + " it must be one of always, interval, os"
            ])
    }

    @Test("an override's key is checked like any other")
    func overrideKey() throws {
        let result = try load(Self.base, overrides: ["stream.bindings.show-in.grop=x", "nonsense"])
        #expect(
            Set(result.messages) == [
                "--set stream.bindings.show-in.grop: unknown key 'grop'; did you mean 'group'?",
                "--set: 'nonsense' must have the form KEY=VALUE",
            ])
    }

    @Test("an override replaces one rule of a list without the rest of it showing through")
    func listOverride() throws {
        let yaml = """
            stream:
              bindings: { sort-in: { destination: hits, group: sort } }
              stages:
                sort:
                  use: route
                  rules: [{ when: "a", to: x }, { when: "b", to: y }]
            """
        let result = try load(
            yaml,
            overrides: ["stream.stages.sort.rules[0].when=c", "stream.stages.sort.rules[0].to=z"])
        guard case .route(let route) = result.settings?.stream.stages.first?.kind else {
            Issue.record("\(result.diagnostics)")
            return
        }
        #expect(route.rules.map(\.to) == ["z"])
    }

    @Test("a key that two files set is an error that names both places")
    func twoFiles() throws {
        let folder = try TemporaryFolder([
            "a.yaml": Self.base, "b.yaml": "stream:\n  bindings:\n    SHOW-IN-0: { group: other }\n",
        ])
        let result = ConfigurationLoader(paths: [folder.path], environment: [:]).load()
        #expect(
            result.messages == [
                "b.yaml:3:18: 'stream.bindings.SHOW-IN-0.group' is set twice;"
                    + " first as 'stream.bindings.show-in.group' at a.yaml:3:35"
            ])
    }

    @Test("blocks of one configuration may stand in any file of a folder")
    func folder() throws {
        let folder = try TemporaryFolder([
            "bindings/show.yml": "stream.bindings.show-in: { destination: hits, group: file }",
            "stages/show.yaml": "stream.stages.show.use: console", "stages/notes.txt": "- no YAML: {",
            ".hidden/x.yaml": "nonsense: true",
        ])
        let result = ConfigurationLoader(paths: [folder.path], environment: [:]).load()
        #expect(result.diagnostics == [])
        #expect(result.settings?.stream.stages.count == 1)
        #expect(result.files.count == 2)
    }

    @Test("a variant without its profile is not read, and the result says so")
    func skipped() throws {
        let folder = try TemporaryFolder(["a.yaml": Self.base, "a-prod.yaml": "nonsense: true"])
        let result = ConfigurationLoader(paths: [folder.path], environment: [:]).load()
        #expect(result.diagnostics == [])
        #expect(result.skippedFiles == ["\(folder.path)/a-prod.yaml"])
    }

    @Test("a missing path, an empty folder and a file that is no text are errors")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        try Data([0xff, 0xfe, 0x00]).write(to: URL(fileURLWithPath: "\(folder.path)/a.yaml"))
        try FileManager.default.createDirectory(atPath: "\(folder.path)/empty", withIntermediateDirectories: true)
        let paths = ["a.yaml", "b.yaml", "empty"].map { "\(folder.path)/\($0)" }
        let result = ConfigurationLoader(paths: paths, environment: [:]).load()
        #expect(
            Set(result.messages) == [
                "a.yaml: the file is not UTF-8 text",
                "b.yaml: there is no such file or folder: correct the path (a relative one begins in the folder where sluice is started)",
                "empty: the folder holds no .yaml or .yml file: put one there, or name another folder",
            ])
    }

    @Test(
        "profiles are on by name, by negation and in company",
        arguments: [
            ("prod", ["prod"], true), ("prod", [], false), ("!prod", ["dev"], true), ("dev, prod", ["prod"], true),
            ("prod & eu", ["prod"], false), ("prod & eu", ["eu", "prod"], true), ("dev | eu", ["eu"], true),
            ("default", [], true),
        ])
    func conditions(condition: String, profiles: [String], isOn: Bool) throws {
        for key in ["config.activate.on-profile", "spring.config.activate.on-profile", "spring.profiles"] {
            let yaml = Self.base + "---\n\(key): '\(condition)'\nstream.bindings.show-in.group: on\n"
            let result = try load(yaml, profiles: profiles)
            #expect(result.settings?.stream.bindings["show-in-0"]?.group == (isOn ? "on" : "file"), "\(key)")
        }
    }

    @Test("a thrown error lists every finding")
    func thrown() throws {
        let folder = try TemporaryFolder(["a.yaml": "stream: { colour: 1, shape: 2 }"])
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader(paths: [folder.path], environment: [:]).settings()
        }
        #expect(error?.diagnostics.count == 2)
        #expect(error?.description.split(separator: "\n").count == 2)
    }
}
