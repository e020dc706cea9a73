import Settings

/// What is joined to what: which chains of stages run, and whose every binding is.
struct Topology {
    /// One chain with its place.
    struct Chain {
        var stages: [String]
        var location: SourceLocation?

        /// The stem of its bindings.
        var name: String { stages.joined() }
        var input: String { "\(name)-in-0" }
        var output: String { "\(name)-out-0" }
    }

    private(set) var chains: [Chain] = []
    private(set) var findings: [Diagnostic] = []
    private var settings: SluiceSettings
    private let declarations: [NamedPlace: ConfigWalk.Declaration]
    /// The stages' proper names by their relaxed ones, declared and registered alike.
    private var stageNames: [String: String] = [:]
    private var registered: Set<String> = []
    /// Whether the definition names a stage there is not: whose its bindings are cannot be told then.
    private var hasUnknownStage = false

    /// Joins settings with the names of stages that Swift code registers.
    init(
        _ settings: SluiceSettings, _ declarations: [NamedPlace: ConfigWalk.Declaration], knownStages: [String]
    ) {
        self.settings = settings
        self.declarations = declarations
        for name in knownStages {
            stageNames[name.lowercased()] = name
            registered.insert(name.lowercased())
        }
        for (place, declaration) in declarations where place.container == ConfigSchema.stages {
            if registered.contains(place.key) {
                report(
                    "stage '\(declaration.name)' is registered in Swift as well; rename one of them",
                    declaration.location)
            }
            stageNames[place.key] = declaration.name
        }
    }

    /// Checks all joints, and gives the bindings their owners' spelling.
    mutating func check() -> SluiceSettings {
        findChains()
        checkNames()
        nameBindings()
        checkStages()
        checkInputs()
        return settings
    }

    /// The chains of the definition, or every stage on its own.
    private mutating func findChains() {
        guard let definition = settings.stream.definition else {
            chains = stageNames.sorted { $0.key < $1.key }.map { key, name in
                let place = NamedPlace(container: ConfigSchema.stages, key: key)
                return Chain(stages: [name], location: declarations[place]?.location)
            }
            return
        }
        var resolved: [FunctionChain] = []
        for chain in definition {
            let stages = chain.stages.enumerated().compactMap { index, name -> String? in
                if let known = stageNames[name.lowercased()] { return known }
                let near = RelaxedName.nearest(to: name, among: stageNames.values.sorted())
                let advice = near.map { "did you mean '\($0)'?" } ?? "declare it under \(ConfigSchema.stages)"
                let place = chain.stageLocations.indices.contains(index) ? chain.stageLocations[index] : chain.location
                hasUnknownStage = true
                report("there is no stage '\(name)'; \(advice)", place)
                return nil
            }
            guard stages.count == chain.stages.count else { continue }
            resolved.append(
                FunctionChain(
                    stages: stages, location: chain.location, stageLocations: chain.stageLocations))
            chains.append(Chain(stages: stages, location: chain.location))
        }
        settings.stream.definition = resolved
        let used = Set(definition.flatMap(\.stages).map { $0.lowercased() })
        for (key, name) in stageNames.sorted(by: { $0.key < $1.key }) where !used.contains(key) && !hasUnknownStage {
            let place = NamedPlace(container: ConfigSchema.stages, key: key)
            guard let location = declarations[place]?.location else { continue }
            let message = "stage '\(name)' does not run: it is not in function.definition"
            findings.append(Diagnostic(.warning, message, at: location))
        }
    }

    /// Two chains, or a chain and an input, must not share a binding.
    private mutating func checkNames() {
        var first: [String: Chain] = [:]
        for chain in chains {
            if let other = first[chain.name.lowercased()] {
                let place = other.location.map { "; the other is at \($0)" } ?? ""
                report("two stages read the binding '\(chain.input)'\(place)", chain.location)
            } else {
                first[chain.name.lowercased()] = chain
            }
        }
        for input in settings.agent.inputs {
            guard let chain = first.values.first(where: { $0.output.lowercased() == input.output.lowercased() }) else {
                continue
            }
            report(
                "input '\(input.name)' and stage '\(chain.name)' both write to '\(chain.output)'; rename one of them,"
                    + " or set 'output' of the input", input.location)
        }
    }

    /// Finds the owner of every binding; one without is an error.
    private mutating func nameBindings() {
        var owned: [String: BindingSettings] = [:]
        let owners = stems()
        for (name, binding) in settings.stream.bindings.sorted(by: { $0.key < $1.key }) {
            guard let owner = owner(of: name, among: owners) else {
                reportUnowned(name, binding.location, owners)
                continue
            }
            var binding = binding
            binding.name = owner
            owned[owner] = binding
        }
        for (place, declaration) in declarations.sorted(by: { $0.key.key < $1.key.key })
        where [ConfigSchema.embeddedBindings, ConfigSchema.kafkaBindings].contains(place.container) {
            let name = RelaxedName.canonicalBinding(declaration.name)
            if declarations[NamedPlace(container: ConfigSchema.bindings, key: place.key)] != nil { continue }
            if owner(of: name, among: owners) == nil {
                reportUnowned(name, declaration.location, owners)
            } else {
                report(
                    "'\(declaration.name)' has keys here but is not declared; add it to \(ConfigSchema.bindings)",
                    declaration.location)
            }
        }
        settings.stream.bindings = owned
    }

    /// The stems that bindings may have, by relaxed name: what is written, and whether it reads and writes.
    private func stems() -> [String: (name: String, isStage: Bool)] {
        var stems: [String: (name: String, isStage: Bool)] = [:]
        for input in settings.agent.inputs {
            if let output = BindingName(input.output) { stems[output.owner.lowercased()] = (output.owner, false) }
        }
        // Stages that do not run own their bindings all the same: one warning is enough.
        for (key, name) in stageNames { stems[key] = (name, true) }
        for chain in chains { stems[chain.name.lowercased()] = (chain.name, true) }
        return stems
    }

    private func owner(of name: String, among stems: [String: (name: String, isStage: Bool)]) -> String? {
        guard let parts = BindingName(name), let stem = stems[parts.owner.lowercased()] else {
            return settings.agent.inputs.first { $0.output.lowercased() == name.lowercased() }?.output
        }
        switch parts.side {
        case .input where !stem.isStage || parts.index > 0: return nil
        case .output where parts.index > 0 && !registered.contains(parts.owner.lowercased()): return nil
        case .input, .output: return "\(stem.name)\(parts.side.rawValue)\(parts.index)"
        }
    }

    private mutating func reportUnowned(
        _ name: String, _ location: SourceLocation?, _ stems: [String: (name: String, isStage: Bool)]
    ) {
        guard !hasUnknownStage else { return }
        let short = name.hasSuffix("-0") ? String(name.dropLast(2)) : name
        if let parts = BindingName(name), let stem = stems[parts.owner.lowercased()], stem.isStage {
            let side = parts.side == .input ? "input" : "output"
            report("stage '\(stem.name)' has one \(side), '\(stem.name)\(parts.side.rawValue)0'", location)
            return
        }
        let known = stems.values.flatMap { $0.isStage ? ["\($0.name)-in", "\($0.name)-out"] : ["\($0.name)-out"] }
        var message = "binding '\(short)' belongs to no stage and no input"
        if let near = RelaxedName.nearest(to: short, among: known.sorted()) { message += "; did you mean '\(near)'?" }
        report(message, location)
    }

    /// Every chain reads something, and writes somewhere unless its last stage is an end.
    private mutating func checkStages() {
        let uses = Dictionary(
            settings.stream.stages.map { ($0.name.lowercased(), $0.kind.use) }, uniquingKeysWith: { first, _ in first })
        for chain in chains {
            if settings.stream.bindings[chain.input] == nil {
                report(
                    "stage '\(chain.name)' has no input; declare the binding '\(chain.name)-in' with its destination",
                    chain.location)
            }
            guard let last = chain.stages.last, let use = uses[last.lowercased()], use.needsOutput else { continue }
            if settings.stream.bindings[chain.output] == nil {
                report(
                    "stage '\(chain.name)' has no output; declare the binding '\(chain.name)-out' with its destination",
                    chain.location)
            }
        }
    }

    private mutating func checkInputs() {
        for input in settings.agent.inputs {
            let declared = settings.stream.bindings.keys.first { $0.lowercased() == input.output.lowercased() }
            guard declared == nil else { continue }
            let short = input.output.hasSuffix("-0") ? String(input.output.dropLast(2)) : input.output
            report(
                "input '\(input.name)' sends to the binding '\(short)', which is not declared;"
                    + " set stream.bindings.\(short).destination", input.location)
        }
    }

    private mutating func report(_ message: String, _ location: SourceLocation?) {
        findings.append(Diagnostic(.error, message, at: location))
    }
}
