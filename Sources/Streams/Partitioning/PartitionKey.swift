import Records
import Settings

/// The value of `partition-key-expression`, and the partition that follows from it.
struct PartitionKey: Sendable {
    /// A header whose decimal number chooses the partition itself, and wins.
    static let overrideHeader = "scst_partitionOverride"

    private let expression: Expression

    init(_ source: SourceText) throws(ExpressionError) {
        expression = try Expression(parsing: source)
    }

    /// The partition of an outgoing record among `count`, as a Spring application would choose it.
    /// - Throws: `StageError.rejected` where the key is null or no value that Java has a hash for, or the override names no partition.
    func partition(
        of record: StageRecord, count: Int32, using fields: inout RecordFields
    ) throws(StageError) -> Int32 {
        if record.headerCount > 0, let value = record.header(named: Self.overrideHeader) {
            guard let partition = Int32(String(decoding: value, as: UTF8.self)), (0..<count).contains(partition) else {
                throw StageError(
                    .rejected, "header '\(Self.overrideHeader)' must be a number from 0 to \(count - 1)",
                    name: "InvalidPartition")
            }
            return partition
        }
        return JavaHash.partition(hash: try Self.hash(of: expression.evaluate(record, using: &fields)), count: count)
    }

    /// Java's hash of the value. Objects and arrays hash by their text.
    static func hash(of value: ExpressionValue) throws(StageError) -> Int32 {
        switch value {
        case .null: throw StageError(.rejected, "the partition key is null", name: "NullPartitionKey")
        case .bool(let truth): return JavaHash.hash(truth)
        case .integer(let number): return JavaHash.hash(number)
        case .decimal(let number): return JavaHash.hash(number)
        case .text(let bytes), .json(let bytes): return JavaHash.hash(utf8: bytes)
        }
    }
}
