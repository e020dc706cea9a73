import Records

/// One record as a stage written as a closure gets and returns it.
public struct Message: Sendable {
    /// The value; nil for a record without one, which in a compacted topic deletes its key.
    public var value: [UInt8]?
    /// The key; nil for none.
    public var key: [UInt8]?
    /// The headers in order. Of a returned message, headers of the record being processed are added where it has none of their name.
    public var headers: [RecordHeader]
    /// Milliseconds since the epoch; nil in a new message stands for the timestamp of the record being processed.
    public var timestamp: Int64?
    /// The topic a returned message is sent to; nil for the stage's output binding.
    public var destination: String?
    /// The partition it was read from; nil for a new message.
    public let source: TopicPartition?
    /// Its offset there; nil for a new message.
    public let offset: Int64?

    /// Creates a message from bytes.
    public init(
        value: [UInt8]?, key: [UInt8]? = nil, headers: [RecordHeader] = [], timestamp: Int64? = nil,
        destination: String? = nil
    ) {
        self.value = value
        self.key = key
        self.headers = headers
        self.timestamp = timestamp
        self.destination = destination
        source = nil
        offset = nil
    }

    /// Creates a message whose value, and key if there is one, is text in UTF-8.
    public init(_ text: String, key: String? = nil, destination: String? = nil) {
        self.init(value: Array(text.utf8), key: key.map { Array($0.utf8) }, destination: destination)
    }

    init(_ record: StageRecord) {
        value = record.value.map { Array($0) }
        key = record.key.map { Array($0) }
        headers = record.headers
        timestamp = record.timestamp
        source = record.source
        offset = record.offset
    }

    /// The value as text, with U+FFFD for what is no UTF-8; setting it replaces the value. Empty without a value.
    public var text: String {
        get { String(decoding: value ?? [], as: UTF8.self) }
        set { value = Array(newValue.utf8) }
    }

    /// The member `field` of the JSON object that the value is: nil where it is none, or has no such member, or that is null.
    ///
    /// Every call reads the value anew.
    public subscript(field: String) -> MessageField? {
        guard let value else { return nil }
        var fields = JSONFields()
        guard (try? fields.scan(value.span)) != nil,
            let member = fields.member(named: Array(field.utf8), in: value.span)
        else { return nil }
        let record = StageRecord(
            source: source ?? TopicPartition(topic: "", partition: 0), offset: 0, timestamp: 0, payload: value, key: nil,
            value: value.indices)
        return MessageField(RecordFields.value(member.kind, record, start: 0, member.value))
    }

    /// The value of the last header of that name, as text.
    public func header(_ name: String) -> String? {
        headers.last { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The value of a JSON field.
public enum MessageField: Sendable, Equatable {
    /// True or false.
    case bool(Bool)
    /// A whole number of 64 bits.
    case integer(Int64)
    /// Any other number.
    case decimal(Double)
    /// A string, without quotes and escapes.
    case text(String)
    /// An object or array as it is written.
    case json(String)

    init?(_ value: ExpressionValue) {
        switch value {
        case .null: return nil
        case .bool(let truth): self = .bool(truth)
        case .integer(let number): self = .integer(number)
        case .decimal(let number): self = .decimal(number)
        case .text(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .json(let bytes): self = .json(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// The number where it is a whole one.
    public var int: Int? {
        if case .integer(let number) = self { Int(number) } else { nil }
    }

    /// The number as a `Double`.
    public var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .decimal(let number): number
        default: nil
        }
    }

    /// The string's text.
    public var string: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The truth value.
    public var bool: Bool? {
        if case .bool(let truth) = self { truth } else { nil }
    }
}
