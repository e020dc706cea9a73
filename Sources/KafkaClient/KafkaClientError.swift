import CRdKafka

/// Why the cluster, or librdkafka on the way to it, did not do what it was asked.
package struct KafkaClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure a caller treats differently.
    package enum Code: Sendable, Equatable {
        /// No broker answered.
        case unreachable
        /// A broker was reached, and did not answer in time.
        case timedOut
        /// The cluster has no such topic or partition.
        case unknownTopic
        /// The topic is there already.
        case topicExists
        /// The cluster has no such group.
        case unknownGroup
        /// The group has members, and cannot be changed under them.
        case groupNotEmpty
        /// The producer's queue has no room; there will be when records are settled.
        case queueFull
        /// librdkafka does not know a property, or not with this value.
        case invalidProperty
        /// The broker does not serve what was asked.
        case unsupported
        /// Anything else; `name` has Kafka's word for it.
        case other
    }

    /// The kind of failure.
    package let code: Code
    /// Kafka's or librdkafka's name of the error, such as `UNKNOWN_TOPIC_OR_PART`.
    package let name: String
    /// What it was about: a topic, a group, a property; empty where it was about nothing in particular.
    package let subject: String
    /// What was found, in words.
    package let message: String

    package var description: String { subject.isEmpty ? message : "\(subject): \(message)" }

    init(_ code: Code, name: String, subject: String = "", message: String) {
        self.code = code
        self.name = name
        self.subject = subject
        self.message = message
    }

    /// That a cluster has no topic of this name.
    package init(unknownTopic name: String) { self.init(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, subject: name) }

    /// That a cluster has no group of this name.
    package init(unknownGroup name: String) { self.init(RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, subject: name) }

    init(_ error: rd_kafka_resp_err_t, subject: String = "", message: String? = nil) {
        let name = String(cString: rd_kafka_err2name(error))
        let words = message.flatMap { $0.isEmpty ? nil : $0 } ?? String(cString: rd_kafka_err2str(error))
        // The prefixes say on which side it was found, which `name` tells as well.
        let text =
            words.hasPrefix("Broker: ") || words.hasPrefix("Local: ")
            ? words.drop { $0 != " " }.dropFirst() : words[...]
        self.init(Code(error), name: name, subject: subject, message: String(text))
    }

    /// Takes over the error object.
    init(consuming error: OpaquePointer, subject: String = "") {
        let message = String(cString: rd_kafka_error_string(error))
        self.init(rd_kafka_error_code(error), subject: subject, message: message)
        rd_kafka_error_destroy(error)
    }
}

extension KafkaClientError.Code {
    init(_ error: rd_kafka_resp_err_t) {
        switch error {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE:
            self = .unreachable
        case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            self = .timedOut
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            self = .unknownTopic
        case RD_KAFKA_RESP_ERR__QUEUE_FULL: self = .queueFull
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: self = .topicExists
        case RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, RD_KAFKA_RESP_ERR__UNKNOWN_GROUP: self = .unknownGroup
        case RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP: self = .groupNotEmpty
        case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION: self = .unsupported
        default: self = .other
        }
    }
}
