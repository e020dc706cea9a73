import CRdKafka

/// A topic to be made.
package struct NewTopic: Sendable {
    package var name: String
    /// nil: as many as the broker makes by default.
    package var partitions: Int32?
    /// nil: as the broker has it by default.
    package var replicationFactor: Int32?
    package var configs: [String: String]

    package init(name: String, partitions: Int32?, replicationFactor: Int32?, configs: [String: String]) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configs = configs
    }
}

extension AdminClient {
    /// Makes topics; each succeeds or fails by itself.
    package func createTopics(_ topics: [NewTopic], timeout: Duration) throws(KafkaClientError) -> [Result] {
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in topics { requests.append(try Self.request(topic)) }
        return try perform(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout: timeout, waitsForEffect: true) { options, queue in
            rd_kafka_CreateTopics(handle.raw, &requests, requests.count, options, queue)
        } read: { event in
            let answer = rd_kafka_event_CreateTopics_result(event)
            return Self.topicResults { rd_kafka_CreateTopics_result_topics(answer, $0) }
        }
    }

    private static func request(_ topic: NewTopic) throws(KafkaClientError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: ClientHandle.errorBytesMax)
        let request = rd_kafka_NewTopic_new(
            topic.name, topic.partitions ?? -1, topic.replicationFactor ?? -1, &text, text.count)
        guard let request else {
            throw KafkaClientError(
                RD_KAFKA_RESP_ERR__INVALID_ARG, subject: topic.name, message: ClientHandle.string(text))
        }
        for (name, value) in topic.configs.sorted(by: { $0.key < $1.key }) {
            rd_kafka_NewTopic_set_config(request, name, value)
        }
        return request
    }

    /// Deletes topics with all that is in them; each succeeds or fails by itself.
    package func deleteTopics(_ names: [String], timeout: Duration) throws(KafkaClientError) -> [Result] {
        var requests = names.map { rd_kafka_DeleteTopic_new($0) }
        defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
        return try perform(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout: timeout, waitsForEffect: true) { options, queue in
            rd_kafka_DeleteTopics(handle.raw, &requests, requests.count, options, queue)
        } read: { event in
            let answer = rd_kafka_event_DeleteTopics_result(event)
            return Self.topicResults { rd_kafka_DeleteTopics_result_topics(answer, $0) }
        }
    }

    /// Gives a topic more partitions, so that it has `count`.
    package func createPartitions(of topic: String, count: Int, timeout: Duration) throws(KafkaClientError) {
        var text = [CChar](repeating: 0, count: ClientHandle.errorBytesMax)
        var request = rd_kafka_NewPartitions_new(topic, count, &text, text.count)
        guard request != nil else {
            throw KafkaClientError(RD_KAFKA_RESP_ERR__INVALID_ARG, subject: topic, message: ClientHandle.string(text))
        }
        defer { rd_kafka_NewPartitions_destroy(request) }
        let operation = RD_KAFKA_ADMIN_OP_CREATEPARTITIONS
        let results = try perform(operation, timeout: timeout, waitsForEffect: true) { options, queue in
            rd_kafka_CreatePartitions(handle.raw, &request, 1, options, queue)
        } read: { event in
            let answer = rd_kafka_event_CreatePartitions_result(event)
            return Self.topicResults { rd_kafka_CreatePartitions_result_topics(answer, $0) }
        }
        if let error = results.first?.error { throw error }
    }

    private static func topicResults(
        _ array: (_ count: UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<OpaquePointer?>?
    ) -> [Result] {
        elements(array).map { result in
            let name = String(cString: rd_kafka_topic_result_name(result))
            let error = rd_kafka_topic_result_error(result)
            let text = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            return Result(
                name: name,
                error: error == RD_KAFKA_RESP_ERR_NO_ERROR
                    ? nil : KafkaClientError(error, subject: name, message: text))
        }
    }
}
