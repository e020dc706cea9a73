/// What brokers and topics there are. Versions 0 to 13.
package struct MetadataRequest: KafkaRequest {
    package typealias Response = MetadataResponse

    package struct Topic: Sendable {
        /// Nil where the topic is asked for by its id.
        package let name: String?
        package let id: TopicID
    }

    /// Nil for all.
    package let topics: [Topic]?
    package let allowsAutoCreation: Bool
    /// Whether to tell what one may do in the cluster, and with the topics.
    package let asksForClusterOperations: Bool
    package let asksForTopicOperations: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        let named = try reader.nullableArray { (reader) throws(ProtocolError) in
            let id = version >= 10 ? try reader.topicID() : .none
            let name = version >= 10 ? try reader.nullableString() : try reader.string()
            try reader.endOfStructure()
            // The Java client writes an empty name beside an id.
            return Topic(name: id == .none ? name : nil, id: id)
        }
        // The first version could not say null.
        topics = version == 0 && named?.isEmpty == true ? nil : named
        allowsAutoCreation = version >= 4 ? try reader.bool() : true
        asksForClusterOperations = (8...10).contains(version) ? try reader.bool() : false
        asksForTopicOperations = version >= 8 ? try reader.bool() : false
        try reader.endOfStructure()
        // librdkafka 2.16, where it asks for all topics, writes the null array in four bytes instead of one. Kafka passes over what is left, and so it works.
        if !reader.isFlexible { try reader.end() }
    }
}

/// One broker, which leads every partition.
package struct MetadataResponse: KafkaResponse {
    package struct Broker: Sendable {
        package var id: Int32
        package var host: String
        package var port: Int32

        package init(id: Int32, host: String, port: Int32) {
            self.id = id
            self.host = host
            self.port = port
        }
    }

    package struct Topic: Sendable {
        package var error = ErrorCode.none
        package var name: String?
        package var id = TopicID.none
        package var isInternal = false
        package var partitionCount: Int32 = 0

        package init(name: String?) { self.name = name }
    }

    package var broker: Broker
    package var clusterId: String
    package var topics: [Topic]
    private let tellsClusterOperations: Bool
    private let tellsTopicOperations: Bool

    package init(to request: MetadataRequest, broker: Broker, clusterId: String, topics: [Topic]) {
        tellsClusterOperations = request.asksForClusterOperations
        tellsTopicOperations = request.asksForTopicOperations
        self.broker = broker
        self.clusterId = clusterId
        self.topics = topics
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 3 { writer.throttleTime() }
        writer.array([broker]) { writer, broker in
            writer.int32(broker.id)
            writer.string(broker.host)
            writer.int32(broker.port)
            if version >= 1 { writer.string(nil) }  // the rack
            writer.endOfStructure()
        }
        if version >= 2 { writer.string(clusterId) }
        if version >= 1 { writer.int32(broker.id) }  // the controller
        writer.array(topics) { writer, topic in write(topic, to: &writer, version: version) }
        if (8...10).contains(version) { writer.operations(.cluster, areAsked: tellsClusterOperations) }
        if version >= 13 { writer.error(.none) }
        writer.endOfStructure()
    }

    private func write(_ topic: Topic, to writer: inout FrameWriter, version: Int16) {
        writer.error(topic.error)
        // A name can be null from version 12 on.
        writer.string(version >= 12 ? topic.name : topic.name ?? "")
        if version >= 10 { writer.topicID(topic.id) }
        if version >= 1 { writer.bool(topic.isInternal) }
        writer.array(Array(0..<topic.partitionCount)) { writer, index in
            writer.error(.none)
            writer.int32(index)
            writer.int32(broker.id)  // the leader
            if version >= 7 { writer.int32(0) }  // its epoch: there has never been another
            writer.array([broker.id])  // the replicas
            writer.array([broker.id])  // those in sync
            if version >= 5 { writer.array([Int32]()) }  // those offline
            writer.endOfStructure()
        }
        if version >= 8 {
            writer.operations(
                topic.isInternal ? .readOnlyTopic : .topic, areAsked: tellsTopicOperations && topic.error == .none)
        }
        writer.endOfStructure()
    }
}
