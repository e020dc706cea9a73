/// A whole configuration, resolved: every default applied, every name normalised, nothing left to look up.
///
/// The loader makes it from YAML, the environment and `--set`; a Swift program may as well write it by hand.
public struct SluiceSettings: Sendable, Equatable {
    /// The log agent and its inputs.
    public var agent: AgentSettings
    /// The bindings and the stages between them.
    public var stream: StreamSettings
    /// The embedded log.
    public var embedded: EmbeddedSettings

    /// Creates a configuration; every part has defaults.
    public init(
        agent: AgentSettings = AgentSettings(), stream: StreamSettings = StreamSettings(),
        embedded: EmbeddedSettings = EmbeddedSettings()
    ) {
        self.agent = agent
        self.stream = stream
        self.embedded = embedded
    }
}
