import KafkaProtocol

extension Service {
    /// This broker is the cluster.
    func describeCluster(_ request: DescribeClusterRequest) -> DescribeClusterResponse {
        var response = DescribeClusterResponse(
            to: request, clusterId: broker.clusterId,
            broker: .init(id: nodeId, host: host, port: Int32(clamping: port)))
        if request.endpointType != DescribeClusterRequest.brokers {
            response.error = .mismatchedEndpointType
            response.message = "clients are served by a broker here; there is no controller to talk to"
        }
        return response
    }
}
