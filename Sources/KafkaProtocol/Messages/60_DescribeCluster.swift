/// What brokers there are. Versions 0 to 2.
package struct DescribeClusterRequest: KafkaRequest {
    package typealias Response = DescribeClusterResponse

    /// Brokers, the only kind there is, as it is written.
    package static let brokers: Int8 = 1

    /// What kind of nodes is asked for.
    package let endpointType: Int8
    /// Whether to tell what one may do.
    package let asksForOperations: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        asksForOperations = try reader.bool()
        endpointType = version >= 1 ? try reader.int8() : Self.brokers
        if version >= 2 { _ = try reader.bool() }  // whether to tell of brokers that are fenced
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The one broker.
package struct DescribeClusterResponse: KafkaResponse {
    package var error = ErrorCode.none
    package var message: String?
    package var endpointType: Int8
    package var clusterId: String
    package var broker: MetadataResponse.Broker

    private let tellsOperations: Bool

    package init(to request: DescribeClusterRequest, clusterId: String, broker: MetadataResponse.Broker) {
        endpointType = request.endpointType
        tellsOperations = request.asksForOperations
        self.clusterId = clusterId
        self.broker = broker
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.error(error)
        writer.string(message)
        if version >= 1 { writer.int8(endpointType) }
        writer.string(clusterId)
        writer.int32(error == .none ? broker.id : -1)  // the controller
        writer.array(error == .none ? [broker] : []) { writer, broker in
            writer.int32(broker.id)
            writer.string(broker.host)
            writer.int32(broker.port)
            writer.string(nil)  // the rack
            if version >= 2 { writer.bool(false) }  // whether it is fenced
            writer.endOfStructure()
        }
        writer.operations(.cluster, areAsked: tellsOperations)
        writer.endOfStructure()
    }
}
