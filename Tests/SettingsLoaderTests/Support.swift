import Foundation
import Settings
import TestSupport

@testable import SettingsLoader

/// The folder of this file, where the sample configurations lie.
let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

/// A file among the samples.
func sample(_ path: String) -> String { samples.appending(path: path).path }

extension TemporaryFolder {
    convenience init(_ files: [String: String]) throws {
        try self.init()
        for (name, text) in files { try write(text, to: name) }
    }

    /// Writes a file below the folder and returns its path.
    @discardableResult func write(_ text: String, to name: String) throws -> String {
        let file = self(name)
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}

/// Loads one YAML text that has no file of its own. Places in messages are those of `a.yaml`.
func load(
    _ yaml: String, profiles: [String] = [], overrides: [String] = [], environment: [String: String] = [:],
    knownStages: [String] = []
) throws -> LoadResult {
    let folder = try TemporaryFolder(["a.yaml": yaml])
    let result = ConfigurationLoader(
        paths: ["\(folder.path)/a.yaml"], profiles: profiles, overrides: overrides, environment: environment,
        knownStages: knownStages
    ).load()
    return withExtendedLifetime(folder) { result }
}

extension LoadResult {
    /// The messages with the files' names alone.
    var messages: [String] {
        diagnostics.map { diagnostic in
            diagnostic.description.split(separator: " ", omittingEmptySubsequences: false)
                .map { $0.split(separator: "/").last.map(String.init) ?? String($0) }.joined(separator: " ")
        }
    }
}
