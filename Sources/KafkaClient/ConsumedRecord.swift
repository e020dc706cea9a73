import CRdKafka

/// A record as it came from the cluster; it and its bytes are there only for as long as it is visited.
package struct ConsumedRecord: ~Copyable {
    private let message: UnsafePointer<rd_kafka_message_t>

    init(_ message: UnsafePointer<rd_kafka_message_t>) { self.message = message }

    package var topic: String { String(cString: rd_kafka_topic_name(message.pointee.rkt)) }
    package var partition: Int32 { message.pointee.partition }
    package var offset: Int64 { message.pointee.offset }
    /// Milliseconds since 1970, or -1 where the record has none.
    package var timestamp: Int64 { rd_kafka_message_timestamp(message, nil) }
    package var key: UnsafeRawBufferPointer? { Self.bytes(message.pointee.key, message.pointee.key_len) }
    package var value: UnsafeRawBufferPointer? { Self.bytes(message.pointee.payload, message.pointee.len) }

    /// The headers in their order.
    package var headers: [(name: String, value: UnsafeRawBufferPointer?)] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [] }
        var result: [(name: String, value: UnsafeRawBufferPointer?)] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        while rd_kafka_header_get_all(list, result.count, &name, &value, &count) == RD_KAFKA_RESP_ERR_NO_ERROR {
            result.append((name.map { String(cString: $0) } ?? "", Self.bytes(value, count)))
        }
        return result
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> UnsafeRawBufferPointer? {
        start.map { UnsafeRawBufferPointer(start: $0, count: count) }
    }
}
