import BinderKit
import Logging
import Settings

/// Makes the topics of an application before its workers start: outputs, inputs and dead letters.
struct TopicSetup {
    let settings: SluiceSettings
    let plans: [StagePlan]
    /// The topics the program itself sends to, on the default binder.
    let sources: Set<String>
    let topics: Topics
    let logger: Logger

    /// - Throws: `.configuration` for a topic with fewer partitions than an output binding wants; `.binder`.
    func run() async throws(StreamError) {
        do throws(BinderError) {
            for (place, partitions) in wanted.sorted(by: { $0.key.topic < $1.key.topic }) {
                try await topics.provision(place, partitions: partitions)
            }
            for plan in plans where plan.consumer.enableDlq {
                for source in plan.inputTopics {
                    let count = topics.partitionCount(of: source) ?? 1
                    try await topics.provision(plan.deadLetters(of: source.topic), partitions: count)
                }
            }
        } catch {
            throw StreamError(.binder, "the topics cannot be made", cause: error)
        }
        try checkCounts()
    }

    /// The most partitions any binding wants of each topic: a producer its partition-count, a consumer one per worker.
    private var wanted: [TopicPlace: Int32] {
        var wanted: [TopicPlace: Int32] = [:]
        func want(_ place: TopicPlace, _ partitions: Int) {
            wanted[place] = max(wanted[place] ?? 1, Int32(clamping: partitions))
        }
        for (place, binding) in outputs {
            want(place, binding.producer.partitionCount)
        }
        for topic in sources {
            want(TopicPlace(binder: settings.stream.defaultBinder, topic: topic), 1)
        }
        for plan in plans {
            for place in plan.inputTopics {
                want(place, plan.consumer.concurrency)
            }
        }
        return wanted
    }

    private var outputs: [(TopicPlace, BindingSettings)] {
        settings.stream.bindings.values.flatMap { binding -> [(TopicPlace, BindingSettings)] in
            guard let name = BindingName(binding.name), !name.isInput, isUsed(name, binding) else { return [] }
            let binder = binding.binder ?? settings.stream.defaultBinder
            return binding.destinations.map { (TopicPlace(binder: binder, topic: $0), binding) }
        }
    }

    /// The agent's outputs count, too: whoever comes first makes the topic, and must make it wide enough.
    private func isUsed(_ name: BindingName, _ binding: BindingSettings) -> Bool {
        plans.contains { $0.name == name.owner } || settings.agent.inputs.contains { $0.output == binding.name }
    }

    private func checkCounts() throws(StreamError) {
        var findings: [Diagnostic] = []
        for (place, binding) in outputs.sorted(by: { $0.1.name < $1.1.name }) {
            guard let actual = topics.partitionCount(of: place) else { continue }
            let wanted = binding.producer.partitionCount
            guard Int(actual) < wanted else { continue }
            findings.append(
                Diagnostic(
                    .error,
                    "topic '\(place.topic)' has \(actual) partitions, binding '\(binding.name)' wants \(wanted): "
                        + "set partition-count to \(actual), or delete the topic and let it be made anew",
                    at: binding.location))
        }
        guard findings.isEmpty else { throw StreamError(findings) }
        for plan in plans {
            let partitions = plan.inputTopics.reduce(0) { $0 + Int(topics.partitionCount(of: $1) ?? 0) }
            if partitions < plan.consumer.concurrency {
                logger.warning(
                    "binding '\(plan.input.name)' has \(plan.consumer.concurrency) workers for \(partitions) partitions: some will have none"
                )
            }
        }
    }
}
