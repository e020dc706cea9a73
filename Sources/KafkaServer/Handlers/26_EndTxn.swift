import BrokerCore
import KafkaProtocol

extension Service {
    /// Commits or aborts.
    func endTxn(_ request: EndTxnRequest, version: Int16) async -> AddOffsetsToTxnResponse {
        do throws(BrokerError) {
            try await broker.wireTransactions.end(
                request.transactionalId,
                of: ProducerIdentity(id: request.producerId, epoch: request.producerEpoch), commit: request.isCommit)
            return AddOffsetsToTxnResponse(error: .none)
        } catch {
            return AddOffsetsToTxnResponse(error: ErrorCode(transaction: error, knowsFencing: version >= 2))
        }
    }
}
