import Foundation
import Settings

/// Loads a configuration: YAML files and folders, the environment and overrides, as one.
///
/// From weak to strong: documents without a profile, documents with one, files `name-<profile>.yaml` in the order of the
/// profiles, `SPRING_APPLICATION_JSON`, environment variables, overrides. Two sources of the same strength that set one key
/// contradict each other, which is an error. The grammar is Spring Cloud Stream's; `docs/configuration.md` lists the keys.
public struct ConfigurationLoader: Sendable {
    /// Files, and folders that are read with all below them.
    public var paths: [String]
    /// The profiles that are on, in order; where there is none, those of `SPRING_PROFILES_ACTIVE`.
    public var profiles: [String]
    /// Overrides of the form `KEY=VALUE`.
    public var overrides: [String]
    /// The environment: keys, and values of placeholders.
    public var environment: [String: String]
    /// The names of stages that Swift code registers: they count as stages beside those under `stream.stages`.
    public var knownStages: [String]

    /// Prepares to load; nothing is read yet.
    public init(
        paths: [String], profiles: [String] = [], overrides: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment, knownStages: [String] = []
    ) {
        self.paths = paths
        self.profiles = profiles
        self.overrides = overrides
        self.environment = environment
        self.knownStages = knownStages
    }

    /// Reads and checks everything, and collects what it finds; it does not stop at the first error.
    public func load() -> LoadResult {
        let active = activeProfiles
        var sources = SourceReader(profiles: active)
        sources.read(ConfigFiles(paths: paths, profiles: active))
        if let json = environment["SPRING_APPLICATION_JSON"] {
            sources.read(json, from: "SPRING_APPLICATION_JSON", rank: .json)
        }
        sources.read(environment, knownStages: knownStages)
        sources.read(overrides: overrides)

        var merged = MergedConfiguration()
        for document in sources.documents { merged.add(document) }
        merged.finish()
        let placeholders = Placeholders(texts: merged.texts, environment: environment)
        var builder = SettingsBuilder(merged, placeholders)
        var settings = builder.build()
        var findings = sources.findings + merged.findings + builder.findings
        var chains: [Topology.Chain] = []
        // What is missing beside a file that could not be read is no finding of its own.
        if !sources.isIncomplete {
            var topology = Topology(settings, merged.declarations, knownStages: knownStages)
            settings = topology.check()
            findings += topology.findings
            chains = topology.chains
        }
        let ordered = LoadResult.ordered(findings, sources.order)
        let isUsable = !ordered.contains { $0.severity == .error }
        return LoadResult(
            settings: isUsable ? settings : nil, draft: settings, diagnostics: ordered, files: sources.files,
            skippedFiles: sources.skippedFiles, order: sources.order, chains: chains)
    }

    /// Loads a configuration that runs.
    /// - Throws: all errors at once; warnings do not count.
    public func settings() throws(ConfigurationError) -> SluiceSettings {
        let result = load()
        guard let settings = result.settings else {
            throw ConfigurationError(diagnostics: result.diagnostics.filter { $0.severity == .error })
        }
        return settings
    }

    private var activeProfiles: [String] {
        guard profiles.isEmpty, let active = environment["SPRING_PROFILES_ACTIVE"] else { return profiles }
        return active.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }
}

/// What loading a configuration gave.
public struct LoadResult: Sendable {
    /// The configuration; nil if there is an error among the diagnostics.
    public var settings: SluiceSettings?
    /// What could be made out in spite of errors: for further checks, not to be run.
    package var draft: SluiceSettings
    /// Errors and warnings, in the order of the files and their lines.
    public var diagnostics: [Diagnostic]
    /// The files that were read, in order.
    public var files: [String]
    /// Files `name-<profile>.yaml` whose profile is not on.
    public var skippedFiles: [String]
    /// The places of the files in their order.
    let order: [String: Int]
    /// The chains of stages that run.
    let chains: [Topology.Chain]

    /// Adds what others have found in the draft, each finding in its place.
    package mutating func add(_ findings: [Diagnostic]) {
        diagnostics = Self.ordered(diagnostics + findings, order)
    }

    /// The findings by file, line and column, each once.
    fileprivate static func ordered(_ findings: [Diagnostic], _ order: [String: Int]) -> [Diagnostic] {
        var seen: Set<Diagnostic> = []
        return findings.filter { seen.insert($0).inserted }.enumerated().sorted { left, right in
            func key(_ item: (offset: Int, element: Diagnostic)) -> (Int, Int, Int, Int) {
                let place = item.element.location
                return (
                    order[place?.file ?? ""] ?? Int.max, place?.line ?? 0, place?.column ?? 0, item.offset
                )
            }
            return key(left) < key(right)
        }.map(\.element)
    }
}

/// A configuration that does not run: all of its errors.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// The errors, in the order of the files and their lines.
    public var diagnostics: [Diagnostic]

    /// One line `file:line:column: message` for each error.
    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
