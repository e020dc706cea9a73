import CRdKafka
import Records

/// A place in a partition: the offset of the next record to read, or to begin with.
package struct PartitionOffset: Sendable, Equatable {
    package var partition: TopicPartition
    package var offset: Int64

    package init(_ partition: TopicPartition, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    /// Stands for the start of the partition, wherever that is.
    package static let beginning = Int64(RD_KAFKA_OFFSET_BEGINNING)
    /// Stands for the end of the partition, wherever that is.
    package static let end = Int64(RD_KAFKA_OFFSET_END)
    /// Stands for no offset: a group has committed none, or no record is as late as the time asked for.
    package static let none = Int64(RD_KAFKA_OFFSET_INVALID)
}

/// librdkafka's list of partitions, freed with this object.
final class PartitionList {
    private let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ places: [PartitionOffset]) {
        // It aborts the process where memory is short, so there is always a list.
        raw = rd_kafka_topic_partition_list_new(Int32(clamping: places.count))
        for place in places {
            rd_kafka_topic_partition_list_add(raw, place.partition.topic, place.partition.partition).pointee.offset =
                place.offset
        }
    }

    deinit { rd_kafka_topic_partition_list_destroy(raw) }

    /// Lends the list to a call; handed out bare it could outlive this object.
    func lend<Result>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result) -> Result {
        withExtendedLifetime(self) { body(raw) }
    }

    var places: [PartitionOffset] { lend { Self.places(in: $0) } }

    /// The first error of a single partition.
    var firstError: KafkaClientError? { lend { Self.firstError(in: $0) } }

    static func places(in list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [PartitionOffset] {
        (0..<Int(list.pointee.cnt)).map { index in
            let entry = list.pointee.elems[index]
            let partition = TopicPartition(topic: String(cString: entry.topic), partition: entry.partition)
            return PartitionOffset(partition, offset: entry.offset)
        }
    }

    static func firstError(in list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> KafkaClientError? {
        for index in 0..<Int(list.pointee.cnt) {
            let entry = list.pointee.elems[index]
            guard entry.err != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            return KafkaClientError(entry.err, subject: "\(String(cString: entry.topic))-\(entry.partition)")
        }
        return nil
    }
}

extension Duration {
    /// Whole milliseconds, as librdkafka takes its timeouts.
    var milliseconds32: Int32 {
        let (seconds, attoseconds) = components
        return Int32(
            clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue + attoseconds / 1_000_000_000_000_000)
    }
}
