import BrokerCore
import KafkaProtocol
import SegmentedLog

extension Service {
    /// The transactional ids that fit to all filters.
    func listTransactions(_ request: ListTransactionsRequest) -> ListTransactionsResponse {
        var response = ListTransactionsResponse()
        var pattern: TransactionalIdPattern?
        if let wanted = request.pattern, !wanted.isEmpty {
            pattern = TransactionalIdPattern(wanted)
            guard pattern != nil else {
                response.error = .invalidRegularExpression
                return response
            }
        }
        let names = Set(TransactionRecord.Status.allCases.map(\.name))
        response.unknownStates = request.states.filter { !names.contains($0) }
        let states = Set(request.states).intersection(names)
        let producerIds = Set(request.producerIds)
        let now = systemMilliseconds()
        for status in broker.wireTransactions.statuses {
            guard request.states.isEmpty || states.contains(status.state.name) else { continue }
            guard producerIds.isEmpty || producerIds.contains(status.identity.id) else { continue }
            if request.durationMilliseconds >= 0 {
                guard status.isOpen, now - status.start > request.durationMilliseconds else { continue }
            }
            guard pattern?.matches(status.id) ?? true else { continue }
            response.transactions.append(
                .init(
                    transactionalId: status.id, producerId: status.identity.id, state: status.state.name))
        }
        return response
    }
}
