extension AgentSettings: DefaultedSettings {
    package static let defaults = AgentSettings()

    /// The keys below `agent`.
    package static let fields: [ConfigField<AgentSettings>] = [
        .text("id", \.id, "The name under which file positions are kept; two running agents never share one.")
    ]
}

extension FileInputSettings: DefaultedSettings {
    package static let defaults = FileInputSettings(name: "", paths: [])

    /// The patterns of the files to read; an input without it reads nothing.
    package static let pathsField = ConfigField<FileInputSettings>.texts(
        "paths", \.paths, default: nil,
        "Required. Patterns of absolute paths: `*`, `?`, `[...]`, `{a,b}`, and `**` for any number of folders.")

    /// The binding the lines go to.
    package static let outputField = ConfigField<FileInputSettings>(
        ConfigKey("output", .text, default: "<input>-out", "The output binding the lines are sent to.")
    ) { value, _, root throws(Diagnostic) in
        let text = try outputKey.single(value)
        guard !text.text.isEmpty else { throw outputKey.refusal(of: text) }
        root.output = RelaxedName.canonicalBinding(text.text)
    }

    private static var outputKey: ConfigKey { outputField.key }

    /// The keys below `agent.inputs.<input>`.
    package static let fields: [ConfigField<FileInputSettings>] = [
        pathsField,
        .texts("exclude", \.exclude, "Patterns of paths to leave out."),
        .choice("start", \.start, "Where the first reading of a file begins."),
        outputField,
        .bytes(
            "line-bytes-max", \.lineBytesMax, 1...(64 << 20),
            "The longest line that is shipped; a longer one goes to the dead letters."),
        .bytes(
            "batch-bytes-max", \.batchBytesMax, 1024...(64 << 20),
            "A batch is closed when its uncompressed records reach this size."),
        .integer(
            "batch-records-max", \.batchRecordsMax, 1...1_000_000, "A batch is closed at this number of records."),
        .duration(
            "linger", \.linger, .zero ... .seconds(60), "A batch is closed when its first record has waited this long."),
        .duration(
            "commit-interval", \.commitInterval, .milliseconds(100) ... .seconds(1),
            "How often lines and file positions are committed together."),
        .duration(
            "scan-interval", \.scanInterval, .milliseconds(10) ... .seconds(3600),
            "How often the folders are scanned anew beside the kernel's notices."),
    ]
}
