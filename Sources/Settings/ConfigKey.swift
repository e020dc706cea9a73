/// One key of the configuration, declared once: what it is called, what it takes, and what it means.
///
/// The loader validates and binds by it, and the key reference is generated from it; the name stands nowhere else.
package struct ConfigKey: Sendable, Hashable {
    /// What the loader does with a value of the key.
    package enum Status: Sendable, Hashable {
        /// The value takes effect.
        case implemented
        /// The key is known and refused; the text says what to do instead.
        case planned(String)
        /// The key is taken for another one of the same section, with a warning if there is a note.
        case alias(of: String, note: String?)
        /// The key is accepted with a warning that says why it has no effect.
        case withoutEffect(String)
    }

    /// The name below its section, in kebab case. `<field*>` stands for the rest of the path, `[<n>]` for an index.
    package var name: String
    /// What a value looks like.
    package var type: ConfigType
    /// The default as it would be written, nil where there is none.
    package var defaultText: String?
    /// What the key does, as a sentence.
    package var documentation: String
    /// What the loader does with it.
    package var status: Status
    /// The built-in stages that have this option; empty outside `stream.stages`.
    package var uses: [StageUse]
    /// A warning for files that set the key below `spring.cloud.stream`.
    package var springNote: String?

    /// Declares a key.
    package init(
        _ name: String, _ type: ConfigType, default defaultText: String? = nil, _ documentation: String,
        status: Status = .implemented, uses: [StageUse] = [], springNote: String? = nil
    ) {
        self.name = name
        self.type = type
        self.defaultText = defaultText
        self.documentation = documentation
        self.status = status
        self.uses = uses
        self.springNote = springNote
    }

    /// Declares a key that is refused for now; `advice` says what to do instead. Its whole subtree is refused with it.
    package static func planned(_ name: String, _ advice: String) -> ConfigKey {
        ConfigKey(name, .anything, advice, status: .planned(advice))
    }

    /// Declares several keys that are refused for now for the same reason.
    package static func planned(_ names: [String], _ advice: String) -> [ConfigKey] {
        names.map { planned($0, advice) }
    }

    /// Declares keys that are accepted with a warning and change nothing.
    package static func withoutEffect(_ names: [String], _ reason: String) -> [ConfigKey] {
        names.map { ConfigKey($0, .anything, reason, status: .withoutEffect(reason)) }
    }

    /// What a message calls the key: the last word of its name that is not a placeholder.
    package var displayName: String {
        guard name.contains("<") else { return name }
        return ConfigTree.steps(name).last { !$0.hasPrefix("<") && $0 != "[]" } ?? name
    }
}
