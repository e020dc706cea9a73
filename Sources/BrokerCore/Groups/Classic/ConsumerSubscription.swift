import Records

/// What a consumer tells its group: Kafka's `ConsumerProtocolSubscription`, of which the topics are of interest here.
enum ConsumerSubscription {
    /// The protocol type of consumers.
    static let protocolType = "consumer"

    /// All versions begin with their number and the topics. Nil where the bytes are none of it.
    static func topics(in metadata: [UInt8]) -> Set<String>? {
        var reader = FieldReader(metadata[...])
        do throws(BrokerError) {
            _ = try reader.integer(Int16.self)
            var topics: Set<String> = []
            for _ in 0..<(try reader.count()) { topics.insert(try reader.string()) }
            return topics
        } catch {
            return nil
        }
    }
}

extension ConsumerSubscription {
    /// The same for members that are no clients: version 0, without anything but the topics.
    static func bytes(topics: some Sequence<String>) -> [UInt8] {
        var writer = FieldWriter()
        writer.append(Int16(0))
        let topics = topics.sorted()
        writer.append(Int32(clamping: topics.count))
        for topic in topics { writer.append(topic) }
        writer.append(Int32(-1))
        return writer.bytes
    }

    /// Kafka's `ConsumerProtocolAssignment`, version 0.
    static func assignment(_ partitions: some Sequence<TopicPartition>) -> [UInt8] {
        var writer = FieldWriter()
        writer.append(Int16(0))
        let topics = Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }
        writer.append(Int32(clamping: topics.count))
        for (topic, partitions) in topics {
            writer.append(topic)
            writer.append(Int32(clamping: partitions.count))
            for partition in partitions.map(\.partition).sorted() { writer.append(partition) }
        }
        writer.append(Int32(-1))
        return writer.bytes
    }
}
