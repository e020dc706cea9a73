import BinderKit
import Compression
import Settings

/// Where an input's lines go: its binding, resolved.
struct OutputRoute: Sendable {
    let binder: any Binder
    let topic: String
    /// Where lines over the limit and reports of gaps go.
    let deadLetterTopic: String
    let partitions: Int32
    let compression: CompressionType
    let compressionLevel: Int?
    /// Whether the binding starts with the application.
    let isStarted: Bool

    /// - Throws: `.invalidSettings` where the binding or its binder is missing, or the binding asks for what the agent cannot do.
    init(
        of input: FileInputSettings, agent: String, stream: StreamSettings, binders: [String: any Binder]
    ) throws(LogAgentError) {
        func invalid(_ message: String, at location: SourceLocation?) -> LogAgentError {
            let place = location.map { "\($0): " } ?? ""
            return LogAgentError(.invalidSettings, place + message, input: input.name)
        }
        guard let binding = stream.bindings[input.output] else {
            throw invalid(
                "its output binding '\(input.output)' is not declared; declare it under stream.bindings",
                at: input.location)
        }
        guard let topic = binding.destinations.first, binding.destinations.count == 1 else {
            throw invalid("the output binding '\(binding.name)' needs exactly one destination", at: binding.location)
        }
        let binderName = binding.binder ?? stream.defaultBinder
        guard let binder = binders[binderName] else {
            throw invalid("there is no binder '\(binderName)'", at: binding.location)
        }
        guard binding.producer.partitionKeyExpression == nil else {
            throw invalid(
                "the agent spreads whole batches over the partitions, so '\(binding.name)' can have no partition-key-expression; "
                    + "let a stage choose the partition", at: binding.location)
        }
        guard let compression = CompressionType(name: binding.producer.compressionType) else {
            throw invalid(
                "there is no compression-type '\(binding.producer.compressionType)'; choose none, gzip, snappy, lz4 or zstd",
                at: binding.location)
        }
        self.binder = binder
        self.topic = topic
        deadLetterTopic = "error.\(topic).\(agent)"
        partitions = Int32(clamping: max(1, binding.producer.partitionCount))
        self.compression = compression
        compressionLevel = binding.producer.compressionLevel
        isStarted = binding.producer.autoStartup
    }

    /// Makes the topics and opens the way to them; an older agent with the session's name is fenced.
    /// - Returns: the channel, and the partitions the topic really has.
    func open(session id: String) async throws(BinderError) -> (channel: any ShippingChannel, partitions: Int32) {
        let count = try await binder.provision(TopicSpecification(name: topic, partitions: partitions))
        _ = try await binder.provision(TopicSpecification(name: deadLetterTopic))
        _ = try await binder.provision(TopicSpecification(name: StateTopic.name, isCompacted: true))
        if binder.capabilities.contains(.transactions) {
            return (TransactionalChannel(session: try await binder.openTransactions(id: id)), count)
        }
        var outputs: [String: any OutputChannel] = [:]
        for name in [topic, deadLetterTopic, StateTopic.name] {
            outputs[name] = try await binder.bind(OutputBinding(name: "agent", topic: name))
        }
        return (PlainChannel(outputs: outputs), count)
    }
}
