import BinderKit
import Compression
import Settings

/// A topic and the binder it lives on.
struct TopicPlace: Hashable, Sendable {
    /// The binder's name.
    let binder: String
    /// The topic's name.
    let topic: String
}

/// One stage or chain as it is to run: resolved, with every name looked up.
struct StagePlan: Sendable {
    /// The stage's or chain's name: the stem of its bindings.
    let name: String
    /// The input binding.
    let input: BindingSettings
    /// The input's binder's name.
    let inputBinder: String
    /// The output bindings by their index; nil where there is a gap.
    let outputs: [OutletPlan?]
    /// How any topic is produced to that a binding of the application declares, for stages that name topics.
    let declared: [TopicPlace: OutletPlan]
    /// Makes one worker's stage.
    let makeStage: @Sendable () throws -> any Stage

    /// The consumer's settings.
    var consumer: ConsumerSettings { input.consumer }

    /// The topics consumed.
    var inputTopics: [TopicPlace] { input.destinations.map { TopicPlace(binder: inputBinder, topic: $0) } }

    /// Where dead letters of a topic go.
    func deadLetters(of topic: String) -> TopicPlace {
        TopicPlace(
            binder: inputBinder,
            topic: DeadLetter.topic(named: consumer.dlqName, source: topic, group: input.group))
    }

    /// How a topic that the stage names itself is produced to: as the binding that declares it says, otherwise plainly.
    func outlet(forTopic topic: String) -> OutletPlan {
        let place = TopicPlace(binder: inputBinder, topic: topic)
        return declared[place] ?? OutletPlan.plain(place)
    }

    /// How dead letters are produced.
    func deadLetterOutlet(_ place: TopicPlace) -> OutletPlan { OutletPlan.plain(place) }

    /// The input as the binder is to open it.
    var inputBinding: InputBinding {
        let start: InputBinding.Start =
            switch consumer.startOffset {
            case .earliest: .earliest
            case .latest: .latest
            case nil: input.group == nil ? .latest : .earliest
            }
        return InputBinding(name: input.name, topics: input.destinations, group: input.group, start: start)
    }

    /// Whether everything the stage sends is on the input's binder, so that one transaction can hold it all.
    var isOnOneBinder: Bool {
        outputs.allSatisfy { $0?.topic.binder == inputBinder || $0 == nil }
    }
}

extension OutletPlan {
    /// A topic without producer settings of its own.
    static func plain(_ topic: TopicPlace) -> OutletPlan {
        OutletPlan(topic: topic, partitionKey: nil, compression: .none, compressionLevel: nil)
    }

    /// A topic as an output binding has it.
    /// - Throws: `Diagnostic`s for an expression or codec that is none.
    init(_ binding: BindingSettings, topic: TopicPlace) throws {
        guard let compression = CompressionType(name: binding.producer.compressionType) else {
            let known = CompressionType.allCases.map(\.name).joined(separator: ", ")
            throw Diagnostic(
                .error,
                "binding '\(binding.name)': unknown compression-type '\(binding.producer.compressionType)'; use one of \(known)",
                at: binding.location)
        }
        self.init(
            topic: topic, partitionKey: try binding.producer.partitionKeyExpression.map { try PartitionKey($0) },
            compression: compression, compressionLevel: binding.producer.compressionLevel)
    }
}
