import CRdKafka
import Dispatch
import Synchronization

/// Sends records to topics, and keeps account of what was acknowledged.
///
/// Its queue is bounded by `queue.buffering.max.messages` and `queue.buffering.max.kbytes`; a `send` into a full one is refused. Each record is acknowledged or given up
/// within `message.timeout.ms`. A thread of its own collects the delivery reports.
package final class Producer: Sendable {
    /// The account of all records given to a producer.
    package struct Deliveries: Sendable {
        /// Records the cluster has acknowledged as `acks` asks.
        package var acknowledged = 0
        /// Records that were given up.
        package var failed = 0
        /// Those of them that may be in the log all the same: nobody said that they are not.
        package var uncertain = 0
        /// Why the first of them was given up.
        package var firstFailure: KafkaClientError?
    }

    private let handle: ClientHandle
    private let account: Account
    private let poller: Poller

    /// - Parameter properties: librdkafka's, such as `acks` or `compression.type`.
    package init(_ configuration: ClientConfiguration, properties: [String: String] = [:]) throws(KafkaClientError) {
        let account = Account()
        let events = ClientEvents(log: configuration.log, delivered: { account.record($0) })
        var role = ClientHandle.Role(type: RD_KAFKA_PRODUCER, properties: properties)
        role.prepare = { conf in
            rd_kafka_conf_set_dr_msg_cb(conf) { _, message, opaque in
                guard let opaque, let message else { return }
                ClientEvents.behind(opaque).delivered(message)
            }
        }
        handle = try ClientHandle(configuration, role: role, events: events)
        self.account = account
        poller = Poller(handle)
    }

    deinit { poller.stop() }

    /// What the cluster tells of itself. Asking for a topic makes it where the broker makes topics by itself.
    package var cluster: ClusterView { ClusterView(handle: handle) }

    /// What has become of the records so far.
    package var deliveries: Deliveries { account.deliveries.withLock { $0 } }

    /// A topic to send to.
    package func topic(_ name: String) throws(KafkaClientError) -> ProducerTopic {
        try ProducerTopic(name, of: handle)
    }

    /// Copies a record into the queue.
    ///
    /// - Parameters:
    ///   - partition: nil: by the key, or by turns where there is none.
    ///   - headers: nil: none.
    /// - Throws: `queueFull`, after which the same record may be sent again once some are settled; what makes this record unacceptable, such as its length, or the whole producer, such as being fenced; the record is not in the queue then.
    package func send(
        to topic: ProducerTopic, partition: Int32? = nil, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: RecordHeaders? = nil
    ) throws(KafkaClientError) {
        let copiedHeaders = headers?.copy()
        let error = withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 6) { arguments -> OpaquePointer? in
            arguments.initialize(repeating: rd_kafka_vu_t())
            var count = 0
            func add(_ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_t) -> Void) {
                arguments[count].vtype = type
                set(&arguments[count])
                count += 1
            }
            add(RD_KAFKA_VTYPE_RKT) { $0.u.rkt = topic.raw }
            add(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = partition ?? -1 }
            add(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY }
            // An empty buffer may have no address, and a record without an address has no value at all.
            if let key { add(RD_KAFKA_VTYPE_KEY) { $0.u.mem = .init(ptr: Self.address(key), size: key.count) } }
            if let value { add(RD_KAFKA_VTYPE_VALUE) { $0.u.mem = .init(ptr: Self.address(value), size: value.count) } }
            if let copiedHeaders { add(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = copiedHeaders } }
            return rd_kafka_produceva(handle.raw, arguments.baseAddress, count)
        }
        guard let error else { return }
        // Only a message that was taken owns its headers.
        if let copiedHeaders { rd_kafka_headers_destroy(copiedHeaders) }
        throw KafkaClientError(consuming: error, subject: topic.name)
    }

    private static func address(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? emptyBytes)
    }

    /// Any address that is one; nothing is ever read from it.
    private static var emptyBytes: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: 1) }

    /// Waits until every record is acknowledged or given up, at most as long as `limit`.
    ///
    /// - Returns: how many are neither.
    package func flush(limit: Duration) -> Int {
        rd_kafka_flush(handle.raw, limit.milliseconds32)
        return Int(rd_kafka_outq_len(handle.raw))
    }

    /// Counts the delivery reports.
    private final class Account: Sendable {
        let deliveries = Mutex(Deliveries())

        func record(_ message: UnsafePointer<rd_kafka_message_t>) {
            let error = message.pointee.err
            deliveries.withLock { deliveries in
                if error == RD_KAFKA_RESP_ERR_NO_ERROR {
                    deliveries.acknowledged += 1
                } else {
                    deliveries.failed += 1
                    if !Self.isRefusal(error) { deliveries.uncertain += 1 }
                    if deliveries.firstFailure == nil { deliveries.firstFailure = KafkaClientError(error) }
                }
            }
        }

        /// Whether a broker has said that it did not write: what Kafka's own errors mean, but for those told of what may be written.
        private static func isRefusal(_ error: rd_kafka_resp_err_t) -> Bool {
            switch error {
            case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
                false
            // Below zero are those librdkafka finds by itself, and Kafka's UNKNOWN.
            default: error.rawValue > 0
            }
        }
    }
}

/// A topic that a producer sends to; keeps the producer's connections alive.
///
/// `@unchecked Sendable`: a topic handle may be used from any thread, and is freed when nobody refers to it, before its instance is.
package final class ProducerTopic: @unchecked Sendable {
    package let name: String
    let raw: OpaquePointer
    private let handle: ClientHandle

    fileprivate init(_ name: String, of handle: ClientHandle) throws(KafkaClientError) {
        guard let raw = rd_kafka_topic_new(handle.raw, name, nil) else {
            throw KafkaClientError(rd_kafka_last_error(), subject: name)
        }
        self.name = name
        self.raw = raw
        self.handle = handle
    }

    deinit { rd_kafka_topic_destroy(raw) }
}

/// A thread that collects what librdkafka has to tell, until it is stopped.
private final class Poller: Sendable {
    private let isStopped = Atomic(false)

    /// How long it waits for the next thing to collect, and at most outlives its stop.
    private static let waitMilliseconds: Int32 = 100

    init(_ handle: ClientHandle) {
        DispatchQueue(label: "sluice.kafka-client.poll", qos: .userInitiated).async { [self] in
            while !isStopped.load(ordering: .relaxed) { rd_kafka_poll(handle.raw, Self.waitMilliseconds) }
        }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }
}
