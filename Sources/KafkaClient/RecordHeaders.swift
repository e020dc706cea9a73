import CRdKafka

/// Headers to send with records, made once for all of them.
///
/// `@unchecked Sendable`: the list is never changed after it is made, only copied, and freed when nobody refers to it.
package final class RecordHeaders: @unchecked Sendable {
    private let raw: OpaquePointer

    /// The headers in their order; a name may come more than once.
    package init(_ headers: [(name: String, value: [UInt8]?)]) {
        raw = rd_kafka_headers_new(headers.count)
        for header in headers {
            let name = header.name.utf8
            // It fails only for a list that was detached from a message for reading, which this one was not.
            if let value = header.value {
                rd_kafka_header_add(raw, header.name, name.count, value, value.count)
            } else {
                rd_kafka_header_add(raw, header.name, name.count, nil, 0)
            }
        }
    }

    deinit { rd_kafka_headers_destroy(raw) }

    /// A copy that a message will own.
    func copy() -> OpaquePointer { rd_kafka_headers_copy(raw) }
}
