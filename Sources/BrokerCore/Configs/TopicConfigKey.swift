import Settings

/// One config that a topic can set, under Kafka's name. It is declared once, in `all`; checking, describing and the log's own config derive from it.
package struct TopicConfigKey: Sendable {
    /// What its values are.
    package enum Kind: Sendable {
        /// A number of 32 bits.
        case integer(ClosedRange<Int64>)
        /// A number of 64 bits.
        case long(ClosedRange<Int64>)
        /// A number from 0 to 1.
        case ratio
        case boolean
        /// One of these.
        case choice([String])
        /// One or more of these, in any order.
        case list(of: [String])
        /// Replicas, of which there is one: anything.
        case replicas
    }

    /// Kafka's name.
    package let name: String
    /// What its values are.
    package let kind: Kind
    /// Kafka's broker-wide key of the same meaning.
    package let brokerName: String
    /// What it does, for people.
    package let documentation: String
    /// Why setting it changes nothing; nil where it does.
    package let whyWithoutEffect: String?
    /// What holds where the topic sets nothing.
    let fallback: @Sendable (EmbeddedSettings) -> String

    init(
        _ name: String, _ kind: Kind, broker brokerName: String, _ documentation: String,
        withoutEffect whyWithoutEffect: String? = nil, _ fallback: @escaping @Sendable (EmbeddedSettings) -> String
    ) {
        self.name = name
        self.kind = kind
        self.brokerName = brokerName
        self.documentation = documentation
        self.whyWithoutEffect = whyWithoutEffect
        self.fallback = fallback
    }

    /// Whose config it is, which says under which name.
    enum Scope: Sendable {
        /// One topic's.
        case topic
        /// The broker's, for all topics that set nothing.
        case broker
    }

    /// Its name there.
    func name(in scope: Scope) -> String { scope == .topic ? name : brokerName }

    /// The key of that name.
    /// - Throws: `.invalid`, with the nearest name there is.
    static func named(_ name: String, in scope: Scope) throws(BrokerError) -> TopicConfigKey {
        if let key = (scope == .topic ? byName : byBrokerName)[name] { return key }
        let names = all.map { $0.name(in: scope) }
        let near = RelaxedName.nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
        switch scope {
        case .topic: throw BrokerError(.invalid, "a topic has no config '\(name)'\(near)")
        case .broker:
            let place = "in the settings or the properties file that it is started with"
            throw BrokerError(.invalid, "'\(name)' cannot be changed while the broker runs, only \(place)\(near)")
        }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    private static let byBrokerName = Dictionary(uniqueKeysWithValues: all.map { ($0.brokerName, $0) })

    /// The value as it is kept and shown, without spaces.
    /// - Throws: `.invalid` for one that is none, with what it may be.
    func canonical(_ value: String, in scope: Scope) throws(BrokerError) -> String {
        let value = value.filter { !$0.isWhitespace }
        func refusal(_ needed: String) -> BrokerError {
            BrokerError(.invalid, "\(name(in: scope))=\(value): \(needed)")
        }
        switch kind {
        case .integer(let range), .long(let range):
            guard let number = Int64(value), range.contains(number) else {
                throw refusal("a number from \(range.lowerBound) to \(range.upperBound) is needed")
            }
            return "\(number)"
        case .ratio:
            guard let number = Double(value), (0...1).contains(number) else {
                throw refusal("a number from 0 to 1 is needed")
            }
            return "\(number)"
        case .boolean:
            guard ["true", "false"].contains(value.lowercased()) else { throw refusal("it is 'true' or 'false'") }
            return value.lowercased()
        case .choice(let choices):
            guard choices.contains(value) else { throw refusal(Self.offer(choices) + (whyOnly ?? "")) }
            return value
        case .list(let choices):
            let parts = Set(value.split(separator: ",").map(String.init))
            guard !parts.isEmpty, parts.isSubset(of: choices) else {
                throw refusal("\(Self.offer(choices)), or several of them with commas")
            }
            return parts.sorted().joined(separator: ",")
        case .replicas:
            return value
        }
    }

    /// Why a choice offers so little.
    private var whyOnly: String? {
        switch name {
        case "compression.type":
            ": batches are kept as their producers have compressed them; set compression.type at the producer"
        case "remote.storage.enable": ": all that is kept is on this machine's disk"
        default: nil
        }
    }

    private static func offer(_ choices: [String]) -> String {
        "it is " + choices.map { "'\($0)'" }.joined(separator: " or ")
    }
}
