import KafkaProtocol

extension Service {
    /// This broker, of whatever is asked for.
    func findCoordinator(_ request: FindCoordinatorRequest) -> FindCoordinatorResponse {
        var response = FindCoordinatorResponse(
            broker: .init(id: nodeId, host: host, port: Int32(clamping: port)), keys: request.keys)
        if !FindCoordinatorRequest.keyTypes.contains(request.keyType) { response.error = .invalidRequest }
        return response
    }
}
