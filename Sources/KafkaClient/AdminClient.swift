import CRdKafka

/// Reads and changes the topics, configs and groups of a cluster. Calls block, at most for their `timeout`.
package final class AdminClient: Sendable {
    let handle: ClientHandle

    /// What became of one of several things that were asked for.
    package struct Result: Sendable {
        /// The topic's or group's name.
        package let name: String
        /// Why it was not done.
        package let error: KafkaClientError?
    }

    package init(_ configuration: ClientConfiguration) throws(KafkaClientError) {
        // A consumer without a group: unlike a producer it makes no topic by asking for it.
        var role = ClientHandle.Role(type: RD_KAFKA_CONSUMER)
        // The end of a partition is that of what is written, not of what is committed.
        role.properties = ["isolation.level": "read_uncommitted"]
        handle = try ClientHandle(configuration, role: role, events: ClientEvents(log: configuration.log))
    }

    /// What the cluster tells of itself.
    package var cluster: ClusterView { ClusterView(handle: handle) }

    /// How much longer than the request itself librdkafka may take to tell that it failed.
    private static let margin = Duration.seconds(2)

    /// Starts a request and waits for its event, which lives while `read` runs.
    ///
    /// - Parameters:
    ///   - waitsForEffect: whether the cluster is to answer only when it is done everywhere, which some requests know.
    ///   - start: is given the options and the queue for the answer.
    func perform<Answer>(
        _ operation: rd_kafka_admin_op_t, timeout: Duration, waitsForEffect: Bool = false,
        start: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
        read: (_ event: OpaquePointer) throws(KafkaClientError) -> Answer
    ) throws(KafkaClientError) -> Answer {
        let queue = rd_kafka_queue_new(handle.raw)
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(handle.raw, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        var text = [CChar](repeating: 0, count: ClientHandle.errorBytesMax)
        let milliseconds = timeout.milliseconds32
        let error = rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, &text, text.count)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaClientError(error, message: ClientHandle.string(text))
        }
        // Not all requests know it; for those it is refused, and nothing is lost.
        if waitsForEffect {
            rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, &text, text.count)
        }
        start(options, queue)
        guard let event = rd_kafka_queue_poll(queue, (timeout + Self.margin).milliseconds32) else {
            throw KafkaClientError(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        defer { rd_kafka_event_destroy(event) }
        let failure = rd_kafka_event_error(event)
        guard failure == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaClientError(failure, message: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        return try read(event)
    }

    /// The elements of an array that librdkafka owns.
    static func elements(
        _ array: (_ count: UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<OpaquePointer?>?
    ) -> [OpaquePointer] {
        var count = 0
        guard let start = array(&count) else { return [] }
        return UnsafeBufferPointer(start: start, count: count).compactMap { $0 }
    }
}
