import BrokerCore
import KafkaProtocol

extension Service {
    /// How each transaction stands.
    func describeTransactions(_ request: DescribeTransactionsRequest) -> DescribeTransactionsResponse {
        // Each once: a small request could ask for a large answer very often.
        var seen: Set<String> = []
        return DescribeTransactionsResponse(
            transactions: request.transactionalIds.filter { seen.insert($0).inserted }.map { id in
                var described = DescribeTransactionsResponse.Transaction(transactionalId: id)
                guard let status = broker.wireTransactions.status(of: id) else {
                    described.error = id.isEmpty ? .invalidRequest : .transactionalIdNotFound
                    return described
                }
                described.state = status.state.name
                described.timeoutMilliseconds = status.timeoutMilliseconds
                described.startMilliseconds = status.start
                (described.producerId, described.producerEpoch) = (status.identity.id, status.identity.epoch)
                described.topics = Dictionary(grouping: status.partitions, by: \.topic).sorted { $0.key < $1.key }.map {
                    DescribeTransactionsResponse.Topic(name: $0, partitions: $1.map(\.partition))
                }
                return described
            })
    }
}
