import BinderKit
import Settings

/// Joins bindings, declared stages and registered stages by name into the plans of what runs, and finds everything that does not fit.
struct Assembly {
    /// What the Swift program registered, by name.
    typealias Factories = [String: @Sendable () throws -> any Stage]

    private let settings: SluiceSettings
    private let factories: Factories
    private let catalog: StageCatalog
    private var diagnostics: [Diagnostic] = []
    private var declaredOutlets: [TopicPlace: OutletPlan] = [:]

    /// The plans of all stages and chains that run.
    /// - Throws: `StreamError.configuration` with every finding.
    static func plans(
        _ settings: SluiceSettings, factories: Factories, catalog: StageCatalog
    ) throws(StreamError) -> [StagePlan] {
        var assembly = Assembly(settings: settings, factories: factories, catalog: catalog)
        assembly.diagnostics = StageCatalog.diagnostics(for: settings.stream)
        assembly.checkNames()
        assembly.checkBindings()
        assembly.resolveOutlets()
        let plans = assembly.chains.compactMap { assembly.plan($0) }
        guard assembly.diagnostics.isEmpty else { throw StreamError(assembly.diagnostics) }
        return plans
    }

    /// Every binding's binder must be there.
    static func checkBinders(_ stream: StreamSettings, binders: [String: any Binder]) throws(StreamError) {
        let known = binders.isEmpty ? "none" : binders.keys.sorted().joined(separator: ", ")
        let findings = stream.bindings.values.sorted { $0.name < $1.name }.compactMap { binding -> Diagnostic? in
            let binder = binding.binder ?? stream.defaultBinder
            guard binders[binder] == nil else { return nil }
            return Diagnostic(
                .error, "binding '\(binding.name)': there is no binder '\(binder)'; the application has \(known)",
                at: binding.location)
        }
        guard findings.isEmpty else { throw StreamError(findings) }
    }

    private init(settings: SluiceSettings, factories: Factories, catalog: StageCatalog) {
        self.catalog = catalog
        self.settings = settings
        self.factories = factories
    }

    private var declared: [String: StageSettings] {
        Dictionary(settings.stream.stages.map { ($0.name, $0) }) { first, _ in first }
    }

    private var names: [String] { (settings.stream.stages.map(\.name) + factories.keys).sorted() }

    private var chains: [FunctionChain] {
        settings.stream.definition ?? names.map { FunctionChain(stages: [$0], location: declared[$0]?.location) }
    }

    private mutating func report(_ message: String, at location: SourceLocation?) {
        diagnostics.append(Diagnostic(.error, message, at: location))
    }

    private mutating func checkNames() {
        for stage in settings.stream.stages where factories[stage.name] != nil {
            report(
                "stage '\(stage.name)' is declared here and registered in Swift: rename one of them", at: stage.location
            )
        }
        let known = Set(names)
        for chain in chains {
            for name in chain.stages where !known.contains(name) {
                let hint = known.isEmpty ? "there is none" : "there are \(known.sorted().joined(separator: ", "))"
                report(
                    "function.definition names stage '\(name)', which is neither declared under stream.stages nor registered; \(hint)",
                    at: chain.location)
            }
            if chain.stages.isEmpty {
                report("function.definition has an entry without a stage", at: chain.location)
            }
        }
    }

    /// Every binding must be some stage's, some chain's or the agent's.
    private mutating func checkBindings() {
        let stems = Set(names).union(chains.map(\.name))
        let agentOutputs = Set(settings.agent.inputs.map(\.output))
        for (name, binding) in settings.stream.bindings.sorted(by: { $0.key < $1.key }) {
            if agentOutputs.contains(name) { continue }
            guard let place = BindingName(name) else {
                report(
                    "binding '\(name)' is neither an input nor an output: name it <stage>-in-0 or <stage>-out-<index>",
                    at: binding.location)
                continue
            }
            if !stems.contains(place.owner) {
                report(
                    "binding '\(name)' belongs to no stage: declare '\(place.owner)' under stream.stages, register it, or remove the binding",
                    at: binding.location)
            } else if place.isInput, place.index > 0 {
                report("binding '\(name)': a stage has one input, '\(place.owner)-in-0'", at: binding.location)
            }
        }
    }

    private mutating func resolveOutlets() {
        for (name, binding) in settings.stream.bindings.sorted(by: { $0.key < $1.key }) {
            guard let place = BindingName(name), !place.isInput, let topic = binding.destinations.first else {
                continue
            }
            let topicPlace = TopicPlace(binder: binding.binder ?? settings.stream.defaultBinder, topic: topic)
            do {
                let outlet = try OutletPlan(binding, topic: topicPlace)
                if declaredOutlets[topicPlace]?.partitionKey == nil { declaredOutlets[topicPlace] = outlet }
            } catch let finding as Diagnostic {
                diagnostics.append(finding)
            } catch {
                // A partition key that is no expression: the catalog has reported it with its place.
                continue
            }
        }
    }

    private mutating func plan(_ chain: FunctionChain) -> StagePlan? {
        let name = chain.name
        guard let input = settings.stream.bindings["\(name)-in-0"] else {
            report(
                "stage '\(name)' has no input binding: declare '\(name)-in' under stream.bindings", at: chain.location)
            return nil
        }
        let outputs = outputs(of: name)
        if outputs.isEmpty, let last = chain.stages.last.flatMap({ declared[$0] }), last.needsOutput {
            report(
                "stage '\(name)' has no output binding: declare '\(name)-out' under stream.bindings", at: chain.location
            )
            return nil
        }
        if input.consumer.batchMode, chain.stages.contains(where: { declared[$0] != nil }) || chain.stages.count > 1 {
            report(
                "binding '\(input.name)': batch-mode is for a single stage registered with batchStage; stage '\(name)' takes one record at a time",
                at: input.location)
            return nil
        }
        let makers = chain.stages.compactMap { maker($0) }
        guard makers.count == chain.stages.count else { return nil }
        return StagePlan(
            name: name, input: input, inputBinder: input.binder ?? settings.stream.defaultBinder, outputs: outputs,
            declared: declaredOutlets,
            makeStage: {
                guard let stage = ChainStage.compose(try makers.map { try $0() }) else {
                    throw StreamError(.configuration, "stage '\(name)' is empty")
                }
                return stage
            })
    }

    private func outputs(of name: String) -> [OutletPlan?] {
        var outputs: [OutletPlan?] = []
        for binding in settings.stream.bindings.values {
            guard let place = BindingName(binding.name), place.owner == name, !place.isInput,
                let topic = binding.destinations.first
            else { continue }
            let topicPlace = TopicPlace(binder: binding.binder ?? settings.stream.defaultBinder, topic: topic)
            while outputs.count <= place.index { outputs.append(nil) }
            outputs[place.index] = declaredOutlets[topicPlace]
        }
        return outputs
    }

    /// What makes the stage of that name; nil for one that is not there or whose options are wrong, which has been reported.
    private func maker(_ name: String) -> (@Sendable () throws -> any Stage)? {
        guard let stage = declared[name] else { return factories[name] }
        return try? catalog.make(stage)
    }
}

extension StageSettings {
    /// Whether the stage is of no use without an output binding.
    fileprivate var needsOutput: Bool {
        switch kind {
        case .accessLog, .filter, .select, .aggregate: true
        case .route, .console, .file: false
        }
    }
}
