import Settings

/// What makes two settings the same setting, however their names are spelt.
struct LeafID: Hashable {
    /// Where the key belongs.
    var section: ConfigSection
    /// The relaxed name of the binding, stage or input, empty where there is none.
    var scope: String
    /// The key's name below the section.
    var name: String
    /// What stands for the rest of the key's `<...>`.
    var captures: [String]

    /// The list that an element belongs to, nil for anything else.
    var listName: String? {
        name.firstRange(of: "[").map { String(name[..<$0.lowerBound]) }
    }
}

/// A value that a source gives to a key.
struct ConfigLeaf {
    var id: LeafID
    var key: ConfigKey
    /// Where the key stands.
    var keyLocation: SourceLocation
    /// The value, its placeholders not yet resolved.
    var value: ConfigValue
    /// The path as a message names it.
    var path: String
}

/// A binding, stage or input that a source names.
struct NamedPlace: Hashable {
    /// What it is: `stream.bindings`, `stream.stages` or `agent.inputs`.
    var container: String
    /// Its relaxed name.
    var key: String

    /// The relaxed form under which a name of the container is compared.
    static func fold(_ name: String, isBinding: Bool) -> String {
        (isBinding ? RelaxedName.canonicalBinding(name) : name).lowercased()
    }
}
