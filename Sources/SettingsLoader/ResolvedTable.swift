import Settings

/// A part of a resolved configuration as rows of text, for `sluice check`.
package struct ResolvedTable: Sendable, Equatable {
    /// What the rows are: inputs, bindings, stages or topics.
    package let title: String
    /// A heading for each column.
    package let headings: [String]
    /// The rows, in alphabetical order of their first column; each has a text for each heading, `-` for none.
    package let rows: [[String]]
}

extension LoadResult {
    /// The tables of inputs, bindings, stages and topics; empty without settings.
    package var tables: [ResolvedTable] {
        guard let settings else { return [] }
        return [inputs(settings), bindings(settings), stages(settings), topics(settings)]
    }

    private func inputs(_ settings: SluiceSettings) -> ResolvedTable {
        let rows = settings.agent.inputs.map { input in
            let topic = settings.stream.bindings[input.output]?.destinations.first
            return [input.name, input.paths.joined(separator: " "), input.start.rawValue, input.output, topic ?? "-"]
        }
        return ResolvedTable(title: "inputs", headings: ["input", "paths", "start", "binding", "topic"], rows: rows)
    }

    private func bindings(_ settings: SluiceSettings) -> ResolvedTable {
        let rows = settings.stream.bindings.values.sorted { $0.name < $1.name }.map { binding in
            let isInput = BindingName(binding.name)?.side == .input
            let details =
                isInput
                ? [
                    "group \(binding.group ?? "anonymous")", "concurrency \(binding.consumer.concurrency)",
                    "attempts \(binding.consumer.maxAttempts)",
                ]
                : ["partitions \(binding.producer.partitionCount)", "codec \(binding.producer.compressionType)"]
                    + (binding.producer.partitionKeyExpression.map { ["key \($0.text)"] } ?? [])
            return [binding.name, binding.destinations.joined(separator: " "), details.joined(separator: ", ")]
        }
        return ResolvedTable(title: "bindings", headings: ["binding", "topic", "settings"], rows: rows)
    }

    private func stages(_ settings: SluiceSettings) -> ResolvedTable {
        let uses = Dictionary(
            settings.stream.stages.map { ($0.name, $0.kind.use.rawValue) }, uniquingKeysWith: { first, _ in first })
        let rows = chains.sorted { $0.name < $1.name }.map { chain in
            let output = settings.stream.bindings[chain.output] == nil ? "-" : chain.output
            let kinds = chain.stages.map { uses[$0] ?? "Swift" }
            return [chain.stages.joined(separator: " | "), kinds.joined(separator: " | "), chain.input, output]
        }
        return ResolvedTable(title: "stages", headings: ["stage", "use", "input", "output"], rows: rows)
    }

    /// One topic while it is being collected.
    private struct Topic {
        var partitions = 1
        var writers: Set<String> = []
        var readers: Set<String> = []
    }

    /// Every topic that is named, with the partitions it is made with: the most that anyone asks for.
    private func topics(_ settings: SluiceSettings) -> ResolvedTable {
        var topics: [String: Topic] = [:]
        let fewest = settings.embedded.minPartitionCount
        func note(_ name: String, partitions: Int, writer: String? = nil, reader: String? = nil) {
            var topic = topics[name] ?? Topic(partitions: fewest)
            topic.partitions = max(topic.partitions, partitions)
            if let writer { topic.writers.insert(writer) }
            if let reader { topic.readers.insert(reader) }
            topics[name] = topic
        }
        let bindings = settings.stream.bindings.values.sorted { $0.name < $1.name }
        for binding in bindings {
            for destination in binding.destinations {
                if BindingName(binding.name)?.side == .input {
                    note(destination, partitions: binding.consumer.concurrency, reader: binding.name)
                } else {
                    note(destination, partitions: binding.producer.partitionCount, writer: binding.name)
                }
            }
        }
        for stage in settings.stream.stages {
            guard case .route(let route) = stage.kind else { continue }
            for topic in route.rules.map(\.to) + (route.otherwise.map { [$0] } ?? []) {
                note(topic, partitions: fewest, writer: stage.name)
            }
        }
        // A dead letter keeps its partition, so its topic has as many as the source.
        for binding in bindings where BindingName(binding.name)?.side == .input && binding.consumer.enableDlq {
            for destination in binding.destinations {
                let name = binding.consumer.dlqName ?? "error.\(destination).\(binding.group ?? "")"
                note(name, partitions: topics[destination]?.partitions ?? fewest, writer: "dead letters")
            }
        }
        // The agent's, of lines that are too long and of what was lost: docs/agent.md.
        for input in settings.agent.inputs {
            for destination in settings.stream.bindings[input.output]?.destinations ?? [] {
                note("error.\(destination).\(settings.agent.id)", partitions: fewest, writer: "dead letters")
            }
        }
        let rows = topics.sorted { $0.key < $1.key }.map { name, topic in
            func list(_ names: Set<String>) -> String {
                names.isEmpty ? "-" : names.sorted().joined(separator: " ")
            }
            return [name, String(topic.partitions), list(topic.writers), list(topic.readers)]
        }
        return ResolvedTable(
            title: "topics", headings: ["topic", "partitions", "written by", "read by"], rows: rows)
    }
}
