import Settings

/// Turns merged keys into settings, by the tables that declare them.
struct SettingsBuilder {
    private let merged: MergedConfiguration
    private let placeholders: Placeholders
    private(set) var findings: [Diagnostic] = []

    init(_ merged: MergedConfiguration, _ placeholders: Placeholders) {
        self.merged = merged
        self.placeholders = placeholders
    }

    /// All settings; a value that is refused leaves its default and a finding.
    mutating func build() -> SluiceSettings {
        var settings = SluiceSettings()
        apply(AgentSettings.fields, .agent, to: &settings.agent)
        settings.agent.inputs = named(ConfigSchema.inputs).compactMap { input($0.key, $0.declaration) }
        apply(StreamSettings.fields, .stream, to: &settings.stream)
        check(settings.stream.defaultBinder, merged.leaf(.stream, "", StreamSettings.defaultBinderField.key))
        apply(EmbeddedSettings.fields, .embedded, to: &settings.embedded)
        checkListener(settings.embedded)
        checkDefaults()
        settings.stream.stages = named(ConfigSchema.stages).compactMap { stage($0.key, $0.declaration) }
        for (key, declaration) in named(ConfigSchema.bindings) {
            let binding = binding(key, declaration)
            settings.stream.bindings[binding.name] = binding
        }
        return settings
    }

    /// Every address of the machine is none that a client could be sent to.
    private mutating func checkListener(_ embedded: EmbeddedSettings) {
        guard let address = embedded.listen.address, address.isWildcard, embedded.advertise == nil else { return }
        let leaf = merged.leaf(.embedded, "", EmbeddedSettings.listenField.key)
        report("'listen' takes every address; say with 'advertise' which of them clients use", leaf?.value.location)
    }

    /// Values for all bindings are checked even where there is no binding yet.
    private mutating func checkDefaults() {
        var binding = BindingSettings.defaults
        apply(BindingSettings.fields, .bindingDefault, to: &binding)
        apply(ConsumerSettings.fields, .consumerDefault, to: &binding.consumer)
        apply(ConsumerSettings.embeddedFields, .embeddedConsumerDefault, to: &binding.consumer)
        apply(ProducerSettings.fields, .producerDefault, to: &binding.producer)
        apply(ProducerSettings.embeddedFields, .embeddedProducerDefault, to: &binding.producer)
    }

    /// The declared names of a kind, in alphabetical order.
    private func named(_ container: String) -> [(key: String, declaration: ConfigWalk.Declaration)] {
        merged.declarations.filter { $0.key.container == container }
            .map { ($0.key.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    /// Sets the fields of a section from what stands under it.
    private mutating func apply<Root>(
        _ fields: [ConfigField<Root>], _ section: ConfigSection, _ scope: String = "", to root: inout Root
    ) {
        for leaf in merged.leaves(section, scope) {
            guard let field = fields.first(where: { $0.key.name == leaf.id.name }) else { continue }
            do throws(Diagnostic) {
                try field.set(try placeholders.resolve(leaf.value), leaf.id.captures, &root)
            } catch {
                findings.append(error)
            }
        }
    }

    private mutating func input(_ key: String, _ declaration: ConfigWalk.Declaration) -> FileInputSettings? {
        var input = FileInputSettings(name: declaration.name, paths: [], location: declaration.location)
        apply(FileInputSettings.fields, .input, key, to: &input)
        if input.paths.isEmpty {
            let paths = FileInputSettings.pathsField.key
            if merged.leaf(.input, key, paths) == nil {
                report("input '\(input.name)' needs '\(paths.displayName)', the files to read", declaration.location)
            }
        }
        return input
    }

    private mutating func stage(_ key: String, _ declaration: ConfigWalk.Declaration) -> StageSettings? {
        var draft = StageDraft()
        let before = findings.count
        apply(StageDraft.fields, .stage, key, to: &draft)
        let isRead = findings.count == before
        if let use = draft.use {
            for leaf in merged.leaves(.stage, key) where !leaf.key.uses.isEmpty && !leaf.key.uses.contains(use) {
                let options = StageDraft.fields.map(\.key).filter { $0.uses.contains(use) }
                let names = options.map(\.displayName).reduce(into: [String]()) { names, name in
                    if !names.contains(name) { names.append(name) }
                }
                report(
                    "'\(leaf.key.displayName)' is no option of 'use: \(use.rawValue)'; it has \(names.joined(separator: ", "))",
                    leaf.keyLocation)
            }
        }
        // A value that was refused counts as given: that it is missing would be the same finding twice.
        let (stage, missing) = draft.stage(named: declaration.name, at: declaration.location)
        if isRead { findings += missing }
        return stage
    }

    private mutating func binding(_ key: String, _ declaration: ConfigWalk.Declaration) -> BindingSettings {
        let name = RelaxedName.canonicalBinding(declaration.name)
        var binding = BindingSettings(name: name, destinations: [], location: declaration.location)
        apply(BindingSettings.fields, .bindingDefault, to: &binding)
        apply(BindingSettings.fields, .binding, key, to: &binding)
        if binding.destinations.isEmpty { binding.destinations = [name] }
        if let binder = binding.binder { check(binder, merged.leaf(.binding, key, BindingSettings.binderField.key)) }

        apply(ConsumerSettings.fields, .consumerDefault, to: &binding.consumer)
        apply(ConsumerSettings.embeddedFields, .embeddedConsumerDefault, to: &binding.consumer)
        apply(ConsumerSettings.fields, .consumer, key, to: &binding.consumer)
        apply(ConsumerSettings.embeddedFields, .embeddedConsumer, key, to: &binding.consumer)
        checkGroup(key, &binding)

        apply(ProducerSettings.fields, .producerDefault, to: &binding.producer)
        apply(ProducerSettings.embeddedFields, .embeddedProducerDefault, to: &binding.producer)
        apply(ProducerSettings.fields, .producer, key, to: &binding.producer)
        apply(ProducerSettings.embeddedFields, .embeddedProducer, key, to: &binding.producer)
        checkLevel(key, binding.producer)
        checkSide(key, binding)
        return binding
    }

    /// An anonymous group keeps no positions: nothing of it can be partitioned, or dead-lettered under its name.
    private mutating func checkGroup(_ key: String, _ binding: inout BindingSettings) {
        guard binding.group == nil else { return }
        let advice = "needs a group; set 'group' of binding '\(binding.name)'"
        let dlq = merged.leaf(.embeddedConsumer, key, ConsumerSettings.enableDlq.key)
        if let dlq, binding.consumer.enableDlq { report("a dead-letter topic \(advice)", dlq.keyLocation) }
        let partitioned = merged.leaf(.consumer, key, ConsumerSettings.partitionedField.key)
        if let partitioned, binding.consumer.partitioned {
            report("a partitioned consumer \(advice)", partitioned.keyLocation)
        }
        binding.consumer.enableDlq = false
    }

    private mutating func checkLevel(_ key: String, _ producer: ProducerSettings) {
        let levelKey = ProducerSettings.compressionLevel.key
        let leaf = merged.leaf(.embeddedProducer, key, levelKey) ?? merged.leaf(.embeddedProducerDefault, "", levelKey)
        guard let leaf, let level = producer.compressionLevel else { return }
        let ranges: [String: ClosedRange<Int>] = ["gzip": 1...12, "lz4": 0...12, "zstd": -7...22]
        guard let range = ranges[producer.compressionType] else {
            let codec = producer.compressionType
            report("compression-type '\(codec)' has no levels; remove '\(levelKey.displayName)'", leaf.keyLocation)
            return
        }
        if !range.contains(level) {
            let type = ConfigType.integer(range).requirement
            report(
                "'\(levelKey.displayName)' is '\(level)'; for \(producer.compressionType) it must be \(type)",
                leaf.value.location)
        }
    }

    /// Keys of the other side are read by nobody, and an output has one topic.
    private mutating func checkSide(_ key: String, _ binding: BindingSettings) {
        let isInput = BindingName(binding.name)?.side == .input
        let isOutput = BindingName(binding.name)?.side == .output
        let foreign: [ConfigSection] =
            isInput ? [.producer, .embeddedProducer] : isOutput ? [.consumer, .embeddedConsumer] : []
        for leaf in foreign.flatMap({ merged.leaves($0, key) }) {
            let (side, keys) = isInput ? ("input", "producer") : ("output", "consumer")
            let message =
                "'\(leaf.id.name)' has no effect: '\(binding.name)' is an \(side), which has no \(keys) keys"
            findings.append(Diagnostic(.warning, message, at: leaf.keyLocation))
        }
        if isOutput, binding.destinations.count > 1 {
            let leaf = merged.leaf(.binding, key, BindingSettings.destinationField.key)
            report(
                "output '\(binding.name)' has one destination, not \(binding.destinations.count);"
                    + " use a stage with 'use: route' for several", leaf?.value.location ?? binding.location)
        }
    }

    private mutating func check(_ binder: String, _ leaf: ConfigLeaf?) {
        guard let leaf, binder != StreamSettings.defaults.defaultBinder else { return }
        report(
            "binder '\(binder)' is not in this version; the only one is '\(StreamSettings.defaults.defaultBinder)'",
            leaf.value.location)
    }

    private mutating func report(_ message: String, _ location: SourceLocation?) {
        findings.append(Diagnostic(.error, message, at: location))
    }
}
