/// The key reference, `docs/configuration.md`, made from the tables that also drive the loader.
package enum ConfigReference {
    /// The line of the page above which a person writes, and below which nobody does.
    package static let marker = "<!-- Generated from the key tables in Sources/Settings from here on. -->"

    /// The whole page: what stands above the tables is kept.
    package static func page(introduction: some StringProtocol) -> String {
        var page = introduction + marker + "\n"
        for mount in ConfigSchema.mounts {
            guard let title = mount.title else { continue }
            page += section(title, mount)
        }
        return page
    }

    private static func section(_ title: String, _ mount: ConfigMount) -> String {
        var text = "\n## \(title): `\(mount.path)`\n"
        let taken = mount.keys.filter { $0.status == .implemented }
        if !taken.isEmpty { text += table(taken) }
        let others = mount.keys.filter { $0.status != .implemented }
        if !others.isEmpty {
            text += "\n| Key known, but | What happens |\n|---|---|\n"
            for key in others { text += "| `\(key.name)` | \(escape(outcome(key))) |\n" }
        }
        return text
    }

    /// The table of keys that take effect.
    static func table(_ keys: [ConfigKey]) -> String {
        "\n| Key | Value | Default | What it does |\n|---|---|---|---|\n" + keys.map(row).joined()
    }

    private static func row(_ key: ConfigKey) -> String {
        let value = key.defaultText.map { "`\($0)`" } ?? "-"
        let uses = key.uses.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        let documentation = uses.isEmpty ? key.documentation : "(\(uses)) \(key.documentation)"
        return "| `\(key.name)` | \(escape(key.type.requirement)) | \(escape(value)) | \(escape(documentation)) |\n"
    }

    private static func outcome(_ key: ConfigKey) -> String {
        switch key.status {
        case .implemented: key.documentation
        case .planned(let advice): "refused, not implemented yet: \(plain(advice))"
        case .alias(let target, let note):
            "taken for `\(target)`" + (note.map { ", with a warning: \(plain($0))" } ?? "")
        case .withoutEffect(let reason): "no effect, with a warning: \(reason)"
        }
    }

    /// Markdown would take `<name>` for a tag.
    private static func plain(_ text: String) -> String { text.replacing("<", with: "\\<") }

    /// A pipe would end the table's cell.
    private static func escape(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
