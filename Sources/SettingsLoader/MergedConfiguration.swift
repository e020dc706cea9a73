import Settings

/// All sources as one configuration: the strongest value of every key.
struct MergedConfiguration {
    private struct Entry {
        var leaf: ConfigLeaf
        var rank: SourceRank
        var source: String
        var document: Int
        var order: Int
    }

    private var entries: [LeafID: Entry] = [:]
    private var count = 0
    private var documents = 0
    /// The names of bindings, stages and inputs as they are first written.
    private(set) var declarations: [NamedPlace: ConfigWalk.Declaration] = [:]
    /// The strongest text of every path, ours or not.
    private(set) var texts: [String: (text: ConfigText, rank: SourceRank)] = [:]
    private(set) var findings: [Diagnostic] = []

    /// Lays a document over what is there. Call it in the order of the sources.
    mutating func add(_ document: ConfigDocument) {
        documents += 1
        declarations.merge(document.declarations) { first, _ in first }
        for (path, text) in document.texts where (texts[path]?.rank ?? .file) <= document.rank {
            texts[path] = (text, document.rank)
        }
        var replacedLists: Set<LeafID> = []
        for leaf in document.leaves {
            if let list = leaf.id.listName { replaceList(list, leaf, document.rank, &replacedLists) }
            add(leaf, of: document)
        }
    }

    private mutating func add(_ leaf: ConfigLeaf, of document: ConfigDocument) {
        var order = count
        count += 1
        if let known = entries[leaf.id] {
            order = known.order
            guard known.rank <= document.rank else { return }
            let isLaterDocument =
                known.source == document.source && known.document != documents && document.rank == .profileDocument
            if known.rank == document.rank, !isLaterDocument {
                let spelling = known.leaf.path == leaf.path ? "" : " as '\(known.leaf.path)'"
                findings.append(
                    Diagnostic(
                        .error, "'\(leaf.path)' is set twice; first\(spelling) at \(known.leaf.keyLocation)",
                        at: leaf.keyLocation))
                return
            }
        }
        entries[leaf.id] = Entry(
            leaf: leaf, rank: document.rank, source: document.source, document: documents, order: order)
    }

    /// A stronger source replaces a list as a whole, as Spring does: its elements do not mix with the weaker ones.
    private mutating func replaceList(
        _ list: String, _ leaf: ConfigLeaf, _ rank: SourceRank, _ replaced: inout Set<LeafID>
    ) {
        let listID = LeafID(section: leaf.id.section, scope: leaf.id.scope, name: list, captures: [])
        guard replaced.insert(listID).inserted else { return }
        entries = entries.filter { id, entry in
            id.section != listID.section || id.scope != listID.scope || id.listName != list || entry.rank >= rank
        }
    }

    /// The settings of a section, in the order in which they were first written.
    func leaves(_ section: ConfigSection, _ scope: String = "") -> [ConfigLeaf] {
        grouped[Scope(section: section, name: scope)] ?? []
    }

    /// The setting of one key.
    func leaf(_ section: ConfigSection, _ scope: String, _ key: ConfigKey) -> ConfigLeaf? {
        entries[LeafID(section: section, scope: scope, name: key.name, captures: [])]?.leaf
    }

    private struct Scope: Hashable {
        var section: ConfigSection
        var name: String
    }

    private var grouped: [Scope: [ConfigLeaf]] = [:]

    /// Orders what was added; call it after the last document.
    mutating func finish() {
        for entry in entries.values.sorted(by: { $0.order < $1.order }) {
            grouped[Scope(section: entry.leaf.id.section, name: entry.leaf.id.scope), default: []].append(entry.leaf)
        }
    }
}
