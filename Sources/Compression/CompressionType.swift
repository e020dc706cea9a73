/// How the records of a batch are compressed. The raw values are the low three bits of a record batch's attributes in Kafka's format.
public enum CompressionType: UInt8, Sendable, CaseIterable {
    /// The records as they are.
    case none = 0
    /// RFC 1952 gzip.
    case gzip
    /// Snappy blocks in the framing of the Java library xerial, as Kafka's clients write it.
    case snappy
    /// The LZ4 frame format with independent blocks.
    case lz4
    /// Zstandard frames.
    case zstd

    /// The codec that settings call `name`: `none`, `gzip`, `snappy`, `lz4` or `zstd`; nil for any other word.
    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// The word for this codec in settings and messages.
    public var name: String {
        switch self {
        case .none: "none"
        case .gzip: "gzip"
        case .snappy: "snappy"
        case .lz4: "lz4"
        case .zstd: "zstd"
        }
    }
}
