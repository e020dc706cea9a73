/// `docs/server-properties.md`, made from the table that also drives the loader.
package enum ServerPropertiesReference {
    /// The whole page: what stands above the tables is kept.
    package static func page(introduction: some StringProtocol) -> String {
        introduction + ConfigReference.marker + "\n\n## Keys that take effect\n"
            + ConfigReference.table(ServerProperties.fields.map(\.key))
            + "\n## Keys that are accepted, with a warning\n\n| Keys | Why they have no effect |\n|---|---|\n"
            + rows(ServerProperties.withoutEffect)
            + "\n## Keys that are refused\n\n| Keys | What to do |\n|---|---|\n" + rows(ServerProperties.refused)
    }

    /// A row for all keys in turn of which the same is to be said.
    private static func rows(_ keys: [ConfigKey]) -> String {
        var rows: [(names: [String], text: String)] = []
        for key in keys {
            if rows.last?.text == key.documentation {
                rows[rows.count - 1].names.append(key.name)
            } else {
                rows.append(([key.name], key.documentation))
            }
        }
        return rows.map { row in "| \(row.names.map { "`\($0)`" }.joined(separator: ", ")) | \(row.text) |\n" }.joined()
    }
}
