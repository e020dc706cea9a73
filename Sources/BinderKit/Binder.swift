import Records

/// A broker seen from the bindings: it makes topics and opens channels. One implementation per broker.
///
/// All methods may be called from any task at once.
public protocol Binder: Sendable {
    /// What the binder can do beyond sending and receiving.
    var capabilities: BinderCapabilities { get }

    /// Makes the topic if it is missing and the binder may make topics; an existing topic is left as it is.
    /// - Returns: the number of partitions the topic really has.
    func provision(_ topic: TopicSpecification) async throws(BinderError) -> Int32

    /// Opens one member of the binding's consumer group.
    func bind(_ input: InputBinding) async throws(BinderError) -> any InputChannel

    /// Opens a channel to one topic, which must exist.
    func bind(_ output: OutputBinding) async throws(BinderError) -> any OutputChannel

    /// Opens the producer known as `id` and fences an older one of the same name: what that one left open is aborted.
    ///
    /// A binder without the capability `transactions` throws `.unsupported`.
    func openTransactions(id: String) async throws(BinderError) -> any TransactionSession
}

/// What a binder can do beyond sending and receiving.
public struct BinderCapabilities: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int
    /// Creates a set from its bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Outputs and input positions are committed in one atomic step.
    public static let transactions = BinderCapabilities(rawValue: 1 << 0)
    /// Topics can be compacted by key.
    public static let compaction = BinderCapabilities(rawValue: 1 << 1)
}

/// A topic as a binding wants it.
public struct TopicSpecification: Sendable, Equatable {
    /// The topic's name: 1 to 249 of `[A-Za-z0-9._-]`.
    public var name: String
    /// The partitions it is made with, 1 or more.
    public var partitions: Int32
    /// Whether only the latest record of each key is kept.
    public var isCompacted: Bool

    /// Creates a specification.
    public init(name: String, partitions: Int32 = 1, isCompacted: Bool = false) {
        self.name = name
        self.partitions = partitions
        self.isCompacted = isCompacted
    }
}

/// The input side of a binding.
public struct InputBinding: Sendable, Equatable {
    /// Where a group without a committed position starts.
    public enum Start: Sendable {
        /// At the oldest record kept.
        case earliest
        /// At the end.
        case latest
    }

    /// The binding's name, for messages.
    public var name: String
    /// The topics consumed; each must exist.
    public var topics: [String]
    /// The group whose members share the partitions; nil opens an anonymous group of one, which keeps no positions.
    public var group: String?
    /// Where a partition without a committed position starts.
    public var start: Start
    /// About how many bytes one delivery holds at most; one batch is delivered whole however large.
    public var deliveryBytesMax: Int

    /// Creates an input binding.
    public init(
        name: String, topics: [String], group: String?, start: Start = .earliest, deliveryBytesMax: Int = 1 << 20
    ) {
        self.name = name
        self.topics = topics
        self.group = group
        self.start = start
        self.deliveryBytesMax = deliveryBytesMax
    }
}

/// The output side of a binding.
public struct OutputBinding: Sendable, Equatable {
    /// The binding's name, for messages.
    public var name: String
    /// The topic produced to; it must exist.
    public var topic: String

    /// Creates an output binding.
    public init(name: String, topic: String) {
        self.name = name
        self.topic = topic
    }
}
