import BrokerCore
import KafkaProtocol

extension Service {
    /// How each transaction stands.
    func describeTransactions(_ request: DescribeTransactionsRequest) -> DescribeTransactionsResponse {
        DescribeTransactionsResponse(
            transactions: request.transactionalIds.once(by: \.self).map { id in
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
