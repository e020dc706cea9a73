extension StageDraft {
    /// What the stage does.
    package static let useField = ConfigField<StageDraft>(
        ConfigKey("use", .choice(StageUse.allCases.map(\.rawValue)), "Required. What the stage does.")
    ) { value, _, root throws(Diagnostic) in
        root.use = try useKey.parse(value) { text in
            ConfigType.parseChoice(text, of: StageUse.allCases.map(\.rawValue)).flatMap(StageUse.init(rawValue:))
        }
    }
    private static var useKey: ConfigKey { useField.key }

    static let formatField = ConfigField<StageDraft>.expression(
        "format", \.format,
        "Required. `combined`, `common`, `vhost_combined`, `nginx-error`, `json`, or a format string."
    ).typed(.text).used(by: .accessLog)

    static let whereField = ConfigField<StageDraft>.expression(
        "where", \.condition, "Required. Records for which it is true go on."
    ).used(by: .filter)

    static let windowField = field("window", .duration(spans), "Required. The window's length.", .aggregate) {
        text, _, root in
        root.window = ConfigType.parseDuration(text.text, in: spans)
        return root.window != nil
    }

    static let pathField = ConfigField<StageDraft>.text(
        "path", \.path, "Required. The file; it is made when missing and appended to."
    ).used(by: .file)

    /// The list of rules as a message names it.
    static let rulesKey = ConfigKey("rules", .list(.expression), "")
    /// The mapping of measures as a message names it.
    static let measuresKey = ConfigKey("measures", .list(.text), "")

    private static let spans: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400 * 31)

    /// The keys below `stream.stages.<stage>`.
    package static let fields: [ConfigField<StageDraft>] =
        [useField] + accessLogFields + [whereField] + selectFields + routeFields + aggregateFields + sinkFields

    private static let accessLogFields: [ConfigField<StageDraft>] = [
        formatField,
        .choice(
            "server", \.accessLog.server, default: "nginx for a format with $, apache for one with %",
            "Whose grammar a format string is in."
        ).used(by: .accessLog),
        .choice(
            "escape", \.accessLog.escape, of: ["default", "json", "none"], "The `escape=` of nginx's log_format."
        ).used(by: .accessLog),
    ]

    private static let selectFields: [ConfigField<StageDraft>] = [
        .texts("keep", \.select.keep, "The only fields kept.").used(by: .select),
        .texts("drop", \.select.drop, "Fields left out.").used(by: .select),
        field("rename.<field*>", .text, "The field's new name.", .select) { text, captures, root in
            guard let old = captures.first else { return false }
            root.select.rename[old] = text.text
            return !text.text.isEmpty
        },
        .texts(
            "mask", \.select.mask, "Fields whose text becomes `***`; an IP address keeps its network part."
        ).used(by: .select),
    ]

    private static let routeFields: [ConfigField<StageDraft>] = [
        field("rules[<n>].when", .expression, "Required. The rule's condition.", .route) { text, captures, root in
            guard let index = captures.first.flatMap(Int.init) else { return false }
            root.rules[index, default: Rule()].when = text.source
            return !text.text.isEmpty
        },
        field("rules[<n>].to", .topic, "Required. The topic the rule sends to.", .route) { text, captures, root in
            guard let index = captures.first.flatMap(Int.init) else { return false }
            root.rules[index, default: Rule()].to = ConfigType.parseTopic(text.text)
            return root.rules[index]?.to != nil
        },
        .topic(
            "otherwise", \.otherwise, default: "the stage's output, if it has one",
            "The topic of records that no rule takes."
        ).used(by: .route),
    ]

    private static let aggregateFields: [ConfigField<StageDraft>] =
        [
            windowField,
            .duration(
                "allowed-lateness", \.aggregate.allowedLateness, .zero ... .seconds(86_400 * 31),
                "How long after a window's end records still count."
            ).used(by: .aggregate),
            .expression(
                "time", \.aggregate.time, "The event time, RFC 3339 or milliseconds; without it the field `time`."
            ).used(by: .aggregate),
            groupByList,
            field("group-by.<field>", .expression, "The expression of a grouping field.", .aggregate) {
                text, captures, root in
                guard let name = captures.first else { return false }
                root.aggregate.groupBy.append(AggregateOptions.GroupKey(name: name, expression: text.source))
                return !text.text.isEmpty
            },
            field("measures.<field>", .choice(["count"]), "`count`: the number of records.", .aggregate) {
                text, captures, root in
                guard ConfigType.parseChoice(text.text, of: ["count"]) != nil else { return false }
                root.add(.count, of: nil, to: captures, at: text.location)
                return true
            },
        ]
        + [
            measure("sum", .sum, "The sum of"), measure("min", .min, "The least value of"),
            measure("max", .max, "The greatest value of"), measure("mean", .mean, "The mean of"),
            field("measures.<field>.quantile", .number(0...1), "The quantile, of what `of` says.", .aggregate) {
                text, captures, root in
                guard let quantile = ConfigType.parseNumber(text.text, in: 0...1) else { return false }
                root.add(.quantile(quantile), of: nil, to: captures, at: text.location)
                return true
            },
            field("measures.<field>.of", .expression, "What the quantile is taken of.", .aggregate) {
                text, captures, root in
                guard let index = root.measureIndex(captures, at: text.location) else { return false }
                root.measures[index].of = text.source
                return !text.text.isEmpty
            },
        ]

    private static let sinkFields: [ConfigField<StageDraft>] = [
        .expression("template", \.template, "Text with `{expression}` placeholders; without it the value is printed.")
            .typed(.text).used(by: .console),
        pathField,
        field("separator", .anyText, "What each record ends with; the default is a newline.", .file) {
            text, _, root in
            root.separator = text.text
            return true
        },
    ]

    private static let groupByList = ConfigField<StageDraft>(
        ConfigKey(
            "group-by", .list(.text), default: "[]", "Fields whose values make the groups, or a mapping (below).",
            uses: [.aggregate])
    ) { value, _, root throws(Diagnostic) in
        root.aggregate.groupBy = try groupByKey.elements(value).map { text throws(Diagnostic) in
            AggregateOptions.GroupKey(name: text.text, expression: text.source)
        }
    }
    private static var groupByKey: ConfigKey { groupByList.key }

    private static func measure(
        _ name: String, _ function: AggregateOptions.Measure.Function, _ what: String
    ) -> ConfigField<StageDraft> {
        field("measures.<field>.\(name)", .expression, "\(what) this expression.", .aggregate) { text, captures, root in
            root.add(function, of: text.source, to: captures, at: text.location)
            return !text.text.isEmpty
        }
    }

    /// A field whose setter says whether it could take the text.
    private static func field(
        _ name: String, _ type: ConfigType, _ documentation: String, _ use: StageUse,
        _ take: @escaping @Sendable (ConfigText, [String], inout StageDraft) -> Bool
    ) -> ConfigField<StageDraft> {
        let key = ConfigKey(name, type, documentation, uses: [use])
        return ConfigField(key) { value, captures, root throws(Diagnostic) in
            let text = try key.single(value)
            guard take(text, captures, &root) else { throw key.refusal(of: text) }
        }
    }

    /// The index of the measure that the captures name; it is made where it is new.
    private mutating func measureIndex(_ captures: [String], at location: SourceLocation) -> Int? {
        guard let name = captures.first else { return nil }
        if let index = measures.firstIndex(where: { $0.name == name }) { return index }
        measures.append(Measure(name: name, location: location))
        return measures.count - 1
    }

    private mutating func add(
        _ function: AggregateOptions.Measure.Function, of expression: SourceText?, to captures: [String],
        at location: SourceLocation
    ) {
        guard let index = measureIndex(captures, at: location) else { return }
        measures[index].functions.append((function, expression))
    }
}

extension ConfigField {
    /// The same field described as another type.
    fileprivate func typed(_ type: ConfigType) -> ConfigField {
        var key = key
        key.type = type
        return ConfigField(key, set: set)
    }
}
