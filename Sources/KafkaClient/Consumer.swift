import CRdKafka
import Records
import Synchronization

/// Reads records from topics: from partitions it is told, or from those a group gives it.
///
/// Its methods block, and `poll` is to be called by one thread only. What is read ahead is bounded by `queued.max.messages.kbytes`.
package final class Consumer: Sendable {
    /// What partitions to read, and from where.
    package enum Source: Sendable {
        /// These, each from its offset on; nothing is committed.
        case partitions([PartitionOffset])
        /// Those of the topics that the group gives to this member, from where it has committed, or from `begin` where it has not.
        case group(String, topics: [String], begin: Begin)
    }

    /// Where a group without a commit begins.
    package enum Begin: String, Sendable {
        case beginning = "earliest"
        case end = "latest"
    }

    /// What a call of `poll` found.
    package struct Outcome: Sendable {
        /// How many records were visited.
        package var count = 0
        /// The assignment, once there is one: a group may give no partition at all.
        package var assignment: Set<TopicPartition>?
        /// Partitions of the assignment whose end was reached.
        package var ended: Set<TopicPartition>

        /// Whether everything that was there has been read.
        package var isAtEnd: Bool { assignment.map { $0.isSubset(of: ended) } ?? false }
    }

    private struct State {
        var assignment: Set<TopicPartition>?
        var ended: Set<TopicPartition> = []
    }

    private let handle: ClientHandle
    private let queue: ConsumerQueue
    private let state: SharedState

    /// - Parameter properties: librdkafka's, such as `check.crcs`.
    package init(
        _ configuration: ClientConfiguration, source: Source, properties: [String: String] = [:]
    ) throws(KafkaClientError) {
        var role = ClientHandle.Role(type: RD_KAFKA_CONSUMER)
        role.properties = [
            // What was handled is stored by `store`, and only that is committed.
            "enable.auto.offset.store": "false",
            "enable.partition.eof": "true",
            "check.crcs": "true",
        ]
        switch source {
        case .partitions:
            // librdkafka assigns nothing without a group, though it never joins this one and never commits to it.
            role.properties["group.id"] = "sluice-without-a-group"
            role.properties["enable.auto.commit"] = "false"
            // A place that is not there is an error; it is never silently another.
            role.properties["auto.offset.reset"] = "error"
        case .group(let group, _, let begin):
            role.properties["group.id"] = group
            role.properties["auto.offset.reset"] = begin.rawValue
            role.prepare = Self.followRebalances
        }
        role.properties.merge(properties) { $1 }
        let state = SharedState()
        let events = ClientEvents(log: configuration.log, rebalanced: { state.apply($0) })
        handle = try ClientHandle(configuration, role: role, events: events)
        self.state = state
        let redirected = rd_kafka_poll_set_consumer(handle.raw)
        guard redirected == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaClientError(redirected) }
        queue = try ConsumerQueue(of: handle)
        try begin(source)
    }

    private func begin(_ source: Source) throws(KafkaClientError) {
        let error: rd_kafka_resp_err_t
        switch source {
        case .partitions(let places):
            state.apply(.assigned(places))
            error = PartitionList(places).lend { rd_kafka_assign(handle.raw, $0) }
        case .group(_, let topics, _):
            let list = PartitionList(
                topics.map { PartitionOffset(TopicPartition(topic: $0, partition: -1), offset: 0) })
            error = list.lend { rd_kafka_subscribe(handle.raw, $0) }
        }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaClientError(error) }
    }

    /// Does what librdkafka would do by itself, and tells of it.
    private static func followRebalances(_ conf: OpaquePointer) {
        rd_kafka_conf_set_rebalance_cb(conf) { instance, change, partitions, opaque in
            guard let instance, let partitions, let opaque else { return }
            let events = ClientEvents.behind(opaque)
            let isCooperative = rd_kafka_rebalance_protocol(instance).map { String(cString: $0) } == "COOPERATIVE"
            var error: OpaquePointer?
            if change == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                events.rebalanced(.assigned(PartitionList.places(in: partitions)))
                if isCooperative {
                    error = rd_kafka_incremental_assign(instance, partitions)
                } else {
                    rd_kafka_assign(instance, partitions)
                }
            } else {
                events.rebalanced(.revoked(PartitionList.places(in: partitions)))
                if isCooperative {
                    error = rd_kafka_incremental_unassign(instance, partitions)
                } else {
                    rd_kafka_assign(instance, nil)
                }
            }
            if let error { events.failed(KafkaClientError(consuming: error)) }
        }
    }

    /// Visits the records that have come, at most `max`, waiting up to `wait` for the first one.
    ///
    /// One record is waited for, and what came with it is taken as one batch: `rd_kafka_consume_batch_queue` alone would wait until the batch is full.
    /// - Throws: what keeps the consumer from reading on; what `visit` throws, after which the rest of the batch is lost to this consumer.
    package func poll(
        max: Int, wait: Duration, _ visit: (borrowing ConsumedRecord) throws -> Void
    ) throws -> Outcome {
        var batch = MessageBatch()
        if let first = rd_kafka_consume_queue(queue.raw, wait.milliseconds32) { batch.messages.append(first) }
        if !batch.messages.isEmpty, max > 1 { batch.take(from: queue, max: max - 1) }
        var count = 0
        for message in batch.messages {
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                count += 1
                try visit(ConsumedRecord(message))
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                state.reachedEnd(of: Self.partition(of: message))
            case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
                // Whoever printed was held up for long; the next poll joins the group again.
                continue
            default:
                throw Self.error(message)
            }
        }
        let known = state.value
        return Outcome(count: count, assignment: known.assignment, ended: known.ended)
    }

    private static func partition(of message: UnsafePointer<rd_kafka_message_t>) -> TopicPartition {
        let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        return TopicPartition(topic: topic, partition: message.pointee.partition)
    }

    private static func error(_ message: UnsafePointer<rd_kafka_message_t>) -> KafkaClientError {
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        let place = message.pointee.rkt == nil ? "" : "\(partition(of: message))"
        return KafkaClientError(message.pointee.err, subject: place, message: text)
    }

    /// Marks what was handled, by the offset after it; it is committed in the background and by `commit`.
    ///
    /// What the group has given to another member meanwhile is left out: that one reads it again.
    package func store(_ places: [PartitionOffset]) {
        guard !places.isEmpty else { return }
        _ = PartitionList(places).lend { rd_kafka_offsets_store(handle.raw, $0) }
    }

    /// The longest that `commit` waits unless it is told otherwise: the time Kafka's clients give a request.
    package static let commitWaitMax = Duration.seconds(30)

    /// Commits what is stored, and waits until the group's coordinator has it.
    /// - Throws: `.timedOut` where the coordinator does not answer in time: whether it has it is not known then.
    package func commit(timeout: Duration = commitWaitMax) throws(KafkaClientError) {
        let queue = rd_kafka_queue_new(handle.raw)
        defer { rd_kafka_queue_destroy(queue) }
        let refusal = rd_kafka_commit_queue(handle.raw, nil, queue, nil, nil)
        guard refusal == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaClientError(refusal) }
        guard let event = rd_kafka_queue_poll(queue, timeout.milliseconds32) else {
            throw KafkaClientError(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        defer { rd_kafka_event_destroy(event) }
        let error = rd_kafka_event_error(event)
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR, error != RD_KAFKA_RESP_ERR__NO_OFFSET else { return }
        throw KafkaClientError(error)
    }

    /// Leaves the group, after which `poll` finds nothing more. A coordinator that does not answer is waited for no longer than that.
    package func close(timeout: Duration = commitWaitMax) {
        // Not the consumer's own: it is forwarded to this one.
        let served = rd_kafka_queue_new(handle.raw)
        defer { rd_kafka_queue_destroy(served) }
        if let error = rd_kafka_consumer_close_queue(handle.raw, served) { return rd_kafka_error_destroy(error) }
        let deadline = ContinuousClock.now + timeout
        while rd_kafka_consumer_closed(handle.raw) == 0 {
            guard ContinuousClock.now < deadline else { return handle.abandon() }
            if let message = rd_kafka_consume_queue(served, Self.closePollMilliseconds) {
                rd_kafka_message_destroy(message)
            }
        }
    }

    private static let closePollMilliseconds: Int32 = 20

    /// What the thread that polls learns of the assignment.
    private final class SharedState: Sendable {
        private let state = Mutex(State())

        var value: State { state.withLock { $0 } }

        func apply(_ change: ClientEvents.Rebalance) {
            state.withLock { state in
                switch change {
                case .assigned(let places):
                    state.assignment = (state.assignment ?? []).union(places.map(\.partition))
                case .revoked(let places):
                    let gone = places.map(\.partition)
                    state.assignment?.subtract(gone)
                    state.ended.subtract(gone)
                }
            }
        }

        func reachedEnd(of partition: TopicPartition) { state.withLock { _ = $0.ended.insert(partition) } }
    }
}

/// The queue all records of a consumer come through.
///
/// `@unchecked Sendable`: a queue may be used from any thread, and is freed when nobody refers to it, before its instance is.
private final class ConsumerQueue: @unchecked Sendable {
    let raw: OpaquePointer
    private let handle: ClientHandle

    init(of handle: ClientHandle) throws(KafkaClientError) {
        guard let raw = rd_kafka_queue_get_consumer(handle.raw) else {
            throw KafkaClientError(.other, name: "_UNKNOWN_GROUP", message: "librdkafka has no queue without a group")
        }
        self.raw = raw
        self.handle = handle
    }

    deinit { rd_kafka_queue_destroy(raw) }
}

/// Messages of librdkafka, freed when they were visited.
private struct MessageBatch: ~Copyable {
    var messages: [UnsafeMutablePointer<rd_kafka_message_t>] = []

    deinit { for message in messages { rd_kafka_message_destroy(message) } }

    /// Adds what is there already, at most `max`.
    mutating func take(from queue: ConsumerQueue, max: Int) {
        withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<rd_kafka_message_t>?.self, capacity: max) { room in
            let count = rd_kafka_consume_batch_queue(queue.raw, 0, room.baseAddress, max)
            for index in 0..<Swift.max(count, 0) {
                if let message = room[index] { messages.append(message) }
            }
        }
    }
}
