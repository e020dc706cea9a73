extension StreamSettings: DefaultedSettings {
    package static let defaults = StreamSettings()

    /// Which stages run, and how they are composed.
    package static let definitionField = ConfigField<StreamSettings>(
        ConfigKey(
            "function.definition", .list(.text), default: "every stage on its own",
            "The stages that run, separated by `;`; `|` or `,` composes stages in memory into one.",
            springNote: "Spring Cloud Stream ignores this key here; its own is spring.cloud.function.definition")
    ) { value, _, root throws(Diagnostic) in
        let texts =
            switch value {
            case .one(let text): ConfigKey.split(text, at: [";"])
            case .many(let texts, _): texts
            }
        root.definition = try texts.filter { !$0.text.isEmpty }.map { text throws(Diagnostic) in
            let stages = ConfigKey.split(text, at: ["|", ","])
            if let empty = stages.first(where: { $0.text.isEmpty }) {
                throw Diagnostic(.error, "a stage's name is missing in '\(text.text)'", at: empty.location)
            }
            return FunctionChain(
                stages: stages.map(\.text), location: text.textLocation,
                stageLocations: stages.map(\.textLocation))
        }
    }

    /// The binder where a binding names none.
    package static let defaultBinderField = ConfigField<StreamSettings>.text(
        "default-binder", \.defaultBinder, "The binder of bindings that name none.")

    /// The keys directly below `stream`.
    package static let fields: [ConfigField<StreamSettings>] = [defaultBinderField, definitionField]

    /// Known service-wide keys that this version refuses.
    package static let plannedKeys: [ConfigKey] =
        ConfigKey.planned(
            ["instance-count", "instance-index", "instance-index-list"],
            "the members of a group share its partitions by themselves; set consumer.concurrency")
        + ConfigKey.planned(
            ["input-bindings", "output-bindings"], "declare the bindings under stream.bindings")
        + [
            .planned("binding-retry-interval", "a binding that cannot start is fatal"),
            .planned("dynamic-destination-cache-size", "bindings are never evicted"),
            .planned("binders", "this version has one binder, 'embedded'"),
            .planned("function.autodetect", "name the stages in function.definition"),
            .planned("function.bindings", "use the bindings' own names, <stage>-in and <stage>-out"),
            .planned("function.routing", "use a stage with 'use: route'"),
            .planned("schema-registry-client", "payloads are passed on as they are"),
        ]
        + ConfigKey.withoutEffect(
            ["source", "dynamic-destinations", "override-cloud-connectors"],
            "Spring Cloud Stream does not read it either")
}
