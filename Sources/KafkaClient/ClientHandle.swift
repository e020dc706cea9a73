import CRdKafka
import Dispatch
import Synchronization

/// One instance of librdkafka with its threads and connections; they end with the last reference to it.
///
/// `@unchecked Sendable`: librdkafka's handle may be used from any thread (INTRODUCTION.md, "Threads and callbacks"), the pointer never changes, and it is
/// destroyed only when nobody refers to this object any more.
final class ClientHandle: @unchecked Sendable {
    /// The properties that say what kind of instance it is, and what it is told in callbacks.
    struct Role {
        var type: rd_kafka_type_t
        var properties: [String: String] = [:]
        /// Sets further callbacks; they find `ClientEvents` behind the opaque pointer.
        var prepare: (OpaquePointer) -> Void = { _ in }
    }

    let raw: OpaquePointer
    let events: ClientEvents
    private let isAbandoned = Atomic(false)

    init(_ configuration: ClientConfiguration, role: Role, events: ClientEvents) throws(KafkaClientError) {
        self.events = events
        // Every handle owns its configuration from rd_kafka_new on, if that succeeds.
        guard let conf = rd_kafka_conf_new() else {
            throw KafkaClientError(.other, name: "_CRIT_SYS_RESOURCE", message: "out of memory")
        }
        var isTaken = false
        defer { if !isTaken { rd_kafka_conf_destroy(conf) } }
        let ours = [
            "bootstrap.servers": configuration.bootstrapServers,
            "client.id": "sluice",
            // A broker that is being started is found soon after it listens; the default goes up to 10 s.
            "reconnect.backoff.max.ms": "500",
        ]
        let all = ours.merging(role.properties) { $1 }.merging(configuration.properties) { $1 }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) { try Self.set(name, value, in: conf) }
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(events).toOpaque())
        rd_kafka_conf_set_log_cb(conf) { instance, _, facility, line in
            guard let instance, let line, let opaque = rd_kafka_opaque(instance) else { return }
            let origin = facility.map { String(cString: $0) + ": " } ?? ""
            ClientEvents.behind(opaque).log(origin + String(cString: line))
        }
        rd_kafka_conf_set_error_cb(conf) { _, error, reason, opaque in
            guard let opaque, let reason else { return }
            let found = KafkaClientError(rd_kafka_resp_err_t(error), message: String(cString: reason))
            ClientEvents.behind(opaque).failed(found)
        }
        role.prepare(conf)
        var text = [CChar](repeating: 0, count: Self.errorBytesMax)
        guard let raw = rd_kafka_new(role.type, conf, &text, text.count) else {
            throw KafkaClientError(.invalidProperty, name: "_INVALID_ARG", message: Self.string(text))
        }
        isTaken = true
        self.raw = raw
    }

    deinit {
        // librdkafka may wait here for ever: for the answer that does not come, or, where a topic it read is deleted, for a thread
        // of its own (2.0.2). Its callbacks need `events` as long as that.
        nonisolated(unsafe) let raw = raw
        let flags = isAbandoned.load(ordering: .relaxed) ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0
        let ended = DispatchSemaphore(value: 0)
        DispatchQueue(label: "sluice.kafka-client.end").async { [events] in
            rd_kafka_destroy_flags(raw, flags)
            withExtendedLifetime(events) {}
            ended.signal()
        }
        if flags == 0 { _ = ended.wait(timeout: .now() + Self.endWaitSecondsMax) }
    }

    /// When this goes nobody waits for the group to be left in good order: its coordinator does not answer.
    func abandon() { isAbandoned.store(true, ordering: .relaxed) }

    /// How long its end is waited for: it takes milliseconds, or for ever.
    private static let endWaitSecondsMax = 1.0

    /// The length librdkafka recommends for its error texts.
    static let errorBytesMax = 512

    static func string(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func set(_ name: String, _ value: String, in conf: OpaquePointer) throws(KafkaClientError) {
        var text = [CChar](repeating: 0, count: errorBytesMax)
        switch rd_kafka_conf_set(conf, name, value, &text, text.count) {
        case RD_KAFKA_CONF_OK: return
        case RD_KAFKA_CONF_UNKNOWN:
            throw KafkaClientError(
                .invalidProperty, name: "_INVALID_ARG", subject: name, message: "librdkafka knows no such property")
        default: throw KafkaClientError(.invalidProperty, name: "_INVALID_ARG", subject: name, message: string(text))
        }
    }
}
