/// A named value that travels beside a record's key and value. Names may repeat within a record; their order is kept.
public struct RecordHeader: Hashable, Sendable {
    /// The name, at most `Int32.max` bytes of UTF-8.
    public var name: String
    /// The value's bytes; nil is a value of its own, not an empty one.
    public var value: [UInt8]?

    /// A header of that name and value.
    public init(name: String, value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}
