import Settings

/// How strongly a source counts: a higher one overrides a lower one, two of the same rank contradict each other.
enum SourceRank: Hashable, Comparable {
    /// A document without a profile.
    case file
    /// A document with `on-profile`.
    case profileDocument
    /// A file `name-<profile>.yaml`, by the profile's position among those that are on.
    case profileFile(Int)
    /// `SPRING_APPLICATION_JSON`.
    case json
    /// An environment variable.
    case environment
    /// `--set`.
    case override
}

/// All that one document of one source says.
struct ConfigDocument {
    /// The source: a file's path, or another name.
    var source: String
    var rank: SourceRank
    var leaves: [ConfigLeaf]
    var declarations: [NamedPlace: ConfigWalk.Declaration]
    /// Every single text by its relaxed path, also of keys that are others': placeholders may name them.
    var texts: [String: ConfigText]
    var findings: [Diagnostic]
    var isIncomplete: Bool

    /// Reads a document from its root.
    init(_ root: ConfigNode, source: String, rank: SourceRank, isSpringFile: Bool) {
        var walk = ConfigWalk(isSpringFile: isSpringFile)
        walk.walk(root)
        self.source = source
        self.rank = rank
        leaves = walk.leaves
        declarations = walk.declarations
        findings = walk.findings
        isIncomplete = walk.isIncomplete
        var texts: [String: ConfigText] = [:]
        root.forEachScalar { path, text in texts[Placeholders.key(path)] = text }
        self.texts = texts
    }

    /// Takes out the profile condition, if the document has one; a document with one overrides those without.
    mutating func takeCondition() throws(Diagnostic) -> ProfileCondition? {
        guard let index = leaves.firstIndex(where: { $0.id.section == .document }) else { return nil }
        let leaf = leaves.remove(at: index)
        if rank == .file { rank = .profileDocument }
        return try ProfileCondition(leaf.value)
    }
}
