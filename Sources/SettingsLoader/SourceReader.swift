import Settings

/// Reads the sources of a configuration, weak ones first, into documents.
struct SourceReader {
    private let profiles: [String]
    private(set) var documents: [ConfigDocument] = []
    private(set) var findings: [Diagnostic] = []
    /// Whether a source could not be read, or was refused where whole blocks may stand.
    private(set) var isIncomplete = false
    /// The position of every source, for the order of messages.
    private(set) var order: [String: Int] = [:]
    private(set) var files: [String] = []
    private(set) var skippedFiles: [String] = []

    init(profiles: [String]) { self.profiles = profiles }

    /// Reads files; variants for a profile come after all others, in the order of the profiles.
    mutating func read(_ list: ConfigFiles) {
        findings += list.findings
        isIncomplete = !list.findings.isEmpty
        skippedFiles = list.skipped
        func rank(_ file: ConfigFiles.File) -> SourceRank {
            file.profile.flatMap { profiles.firstIndex(of: $0) }.map(SourceRank.profileFile) ?? .file
        }
        for file in list.files {
            order[file.path] = order.count
            do throws(Diagnostic) {
                read(try ConfigFiles.text(file.path), from: file.path, rank: rank(file))
                files.append(file.path)
            } catch {
                findings.append(error)
                isIncomplete = true
            }
        }
        // Stable, so that the files of one rank keep their order.
        documents = documents.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
            .map(\.element)
    }

    /// Reads a YAML (or JSON) text with all its documents.
    mutating func read(_ text: String, from source: String, rank: SourceRank) {
        if order[source] == nil { order[source] = order.count }
        var reader = YAMLReader(text: text, file: source)
        let (roots, problems) = reader.documents()
        findings += problems
        if !problems.isEmpty { isIncomplete = true }
        let isSpring = roots.contains(where: Self.hasSpringRoot)
        for root in roots {
            add(ConfigDocument(root, source: source, rank: rank, isSpringFile: isSpring))
        }
    }

    /// Reads the environment variables that mean a key.
    mutating func read(_ environment: [String: String], knownStages: [String]) {
        var names: [NamedPlace: ConfigWalk.Declaration] = [:]
        for document in documents { names.merge(document.declarations) { first, _ in first } }
        let place = SourceLocation(file: "")
        let stages = names.filter { $0.key.container == ConfigSchema.stages }.map(\.value.name) + knownStages
        let inputs = names.filter { $0.key.container == ConfigSchema.inputs }.map(\.value.name)
        for name in stages.flatMap({ ["\($0)-in", "\($0)-out"] }) + inputs.map({ "\($0)-out" }) {
            let key = NamedPlace.fold(name, isBinding: true)
            let implied = NamedPlace(container: ConfigSchema.bindings, key: key)
            if names[implied] == nil { names[implied] = ConfigWalk.Declaration(name: name, location: place) }
        }
        let source = EnvironmentSource(environment, names: names)
        findings += source.findings
        for (variable, entry) in source.entries {
            let root = ConfigNode(content: .map([entry]), location: entry.location)
            add(ConfigDocument(root, source: variable, rank: .environment, isSpringFile: false))
        }
    }

    /// Reads overrides of the form `KEY=VALUE`; of two for one key the later counts.
    mutating func read(overrides: [String]) {
        var latest: [String: ConfigEntry] = [:]
        var keys: [String] = []
        for override in overrides {
            guard let equals = override.firstIndex(of: "="), equals > override.startIndex else {
                let message = "'\(override)' must have the form KEY=VALUE"
                findings.append(Diagnostic(.error, message, at: SourceLocation(file: "--set")))
                continue
            }
            let key = String(override[..<equals])
            let location = SourceLocation(file: "--set \(key)")
            let text = ConfigText(String(override[override.index(after: equals)...]), at: location)
            let value = ConfigNode(content: .scalar(text), location: location)
            if latest[key] == nil { keys.append(key) }
            latest[key] = ConfigEntry(key: key, at: location, value: value)
        }
        let entries = keys.compactMap { latest[$0] }
        let root = ConfigNode(content: .map(entries), location: SourceLocation(file: "--set"))
        add(ConfigDocument(root, source: "--set", rank: .override, isSpringFile: false))
    }

    /// Keeps a document if its profiles are on; its findings count in any case, a misspelt key is one in every profile.
    private mutating func add(_ document: ConfigDocument) {
        var document = document
        findings += document.findings
        if document.isIncomplete { isIncomplete = true }
        do throws(Diagnostic) {
            let condition = try document.takeCondition()
            let active = profiles.isEmpty ? ["default"] : Set(profiles)
            if condition?.holds(for: active) ?? true { documents.append(document) }
        } catch {
            findings.append(error)
        }
    }

    private static func hasSpringRoot(_ root: ConfigNode) -> Bool {
        guard case .map(let entries) = root.content else { return false }
        return entries.contains { RelaxedName.fold($0.name) == "spring" }
    }
}
