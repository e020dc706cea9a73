import CRdKafka
import Records

/// What a cluster tells about itself: its brokers, topics and offsets. Every call waits at most as long as it is told to.
package struct ClusterView: Sendable {
    let handle: ClientHandle

    /// What the cluster tells of its topics, or of one of them.
    ///
    /// A topic that is asked for by name and does not exist is there with its error; whether asking makes it is up to the client that asks, and the broker.
    package func metadata(topic: String? = nil, timeout: Duration) throws(KafkaClientError) -> ClusterMetadata {
        var one: OpaquePointer?
        if let topic {
            one = rd_kafka_topic_new(handle.raw, topic, nil)
            guard one != nil else { throw KafkaClientError(rd_kafka_last_error(), subject: topic) }
        }
        defer { if let one { rd_kafka_topic_destroy(one) } }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(handle.raw, topic == nil ? 1 : 0, one, &answer, timeout.milliseconds32)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw unreached(error) }
        defer { rd_kafka_metadata_destroy(answer) }
        return ClusterMetadata(answer.pointee)
    }

    /// Waits until any broker answers, and tells which brokers there are.
    @discardableResult
    package func reach(timeout: Duration) throws(KafkaClientError) -> [ClusterMetadata.Broker] {
        var answer: UnsafePointer<rd_kafka_metadata>?
        // 0 and no topic: those this instance knows, which are none.
        let error = rd_kafka_metadata(handle.raw, 0, nil, &answer, timeout.milliseconds32)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw unreached(error) }
        defer { rd_kafka_metadata_destroy(answer) }
        return ClusterMetadata(answer.pointee).brokers
    }

    /// Without any answer the reason is in what happened to the connections.
    private func unreached(_ error: rd_kafka_resp_err_t) -> KafkaClientError {
        let found = KafkaClientError(error)
        guard found.code == .unreachable || found.code == .timedOut else { return found }
        // Errors of connections wait in the queue that a poll empties.
        rd_kafka_poll(handle.raw, 0)
        guard let latest = handle.events.latest else {
            return KafkaClientError(.unreachable, name: found.name, message: found.message)
        }
        return latest.code == .unreachable || latest.code == .timedOut
            ? KafkaClientError(.unreachable, name: latest.name, message: latest.message) : latest
    }

    /// The offsets of the first records at or after a time in each partition.
    ///
    /// - Parameters:
    ///   - times: for each partition milliseconds since 1970, `PartitionOffset.beginning` or `PartitionOffset.end`: Kafka's ListOffsets takes them all.
    /// - Returns: the offsets in the same order; `PartitionOffset.end` where no record is as late.
    package func offsets(at times: [PartitionOffset], timeout: Duration) throws(KafkaClientError) -> [PartitionOffset] {
        guard !times.isEmpty else { return [] }
        let list = PartitionList(times)
        let error = list.lend { rd_kafka_offsets_for_times(handle.raw, $0, timeout.milliseconds32) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaClientError(error) }
        if let error = list.firstError { throw error }
        return list.places
    }
}

/// What a cluster tells of its brokers and topics.
package struct ClusterMetadata: Sendable {
    package struct Broker: Sendable {
        package let id: Int32
        package let host: String
        package let port: Int
    }

    package struct Topic: Sendable {
        package let name: String
        package let partitions: [Partition]
        /// Why nothing is known of it.
        package let error: KafkaClientError?
    }

    package struct Partition: Sendable {
        package let number: Int32
        /// The broker that leads it, or nil while none does.
        package let leader: Int32?
        package let replicas: [Int32]
        package let inSyncReplicas: [Int32]
    }

    package let brokers: [Broker]
    /// By name.
    package let topics: [Topic]

    init(_ raw: rd_kafka_metadata) {
        brokers = UnsafeBufferPointer(start: raw.brokers, count: Int(raw.broker_cnt)).map { broker in
            Broker(id: broker.id, host: String(cString: broker.host), port: Int(broker.port))
        }
        topics = UnsafeBufferPointer(start: raw.topics, count: Int(raw.topic_cnt)).map(Topic.init)
            .sorted { $0.name < $1.name }
    }
}

extension ClusterMetadata.Topic {
    init(_ raw: rd_kafka_metadata_topic) {
        name = String(cString: raw.topic)
        partitions = UnsafeBufferPointer(start: raw.partitions, count: Int(raw.partition_cnt)).map { partition in
            ClusterMetadata.Partition(
                number: partition.id, leader: partition.leader < 0 ? nil : partition.leader,
                replicas: Array(UnsafeBufferPointer(start: partition.replicas, count: Int(partition.replica_cnt))),
                inSyncReplicas: Array(UnsafeBufferPointer(start: partition.isrs, count: Int(partition.isr_cnt))))
        }.sorted { $0.number < $1.number }
        error = raw.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaClientError(raw.err, subject: name)
    }
}
