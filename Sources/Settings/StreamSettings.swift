/// The bindings, the stages and how they are joined: all that stands under `stream:` but the binders' own keys.
public struct StreamSettings: Sendable, Equatable {
    /// The bindings by their canonical name (`<stage>-in-0`, `<stage>-out-0`).
    public var bindings: [String: BindingSettings]
    /// The stages declared in YAML, in the order of their names.
    public var stages: [StageSettings]
    /// The chains of `function.definition`, or nil where it is not set and every declared or registered stage runs on its own.
    public var definition: [FunctionChain]?
    /// The binder of bindings that name none (`default-binder`).
    public var defaultBinder: String

    /// Creates stream settings.
    public init(
        bindings: [String: BindingSettings] = [:], stages: [StageSettings] = [], definition: [FunctionChain]? = nil,
        defaultBinder: String = "embedded"
    ) {
        self.bindings = bindings
        self.stages = stages
        self.definition = definition
        self.defaultBinder = defaultBinder
    }
}

/// One entry of `function.definition`: stages composed with `|` in memory, between one input and one output.
public struct FunctionChain: Sendable, Equatable {
    /// The stages' names in order.
    public var stages: [String]
    /// Where the entry is written.
    public var location: SourceLocation?
    /// Where each stage's name is written; empty for a chain made in code.
    public var stageLocations: [SourceLocation]

    /// The stem of the chain's bindings: the stages' names joined, as Spring Cloud Stream does.
    public var name: String { stages.joined() }

    /// Creates a chain.
    public init(stages: [String], location: SourceLocation? = nil, stageLocations: [SourceLocation] = []) {
        self.stages = stages
        self.location = location
        self.stageLocations = stageLocations
    }
}
