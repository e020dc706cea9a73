import BrokerCore
import KafkaProtocol

extension Service {
    /// The positions of all groups are in one partition, which becomes part of the transaction.
    func addOffsetsToTxn(_ request: AddOffsetsToTxnRequest, version: Int16) async -> AddOffsetsToTxnResponse {
        guard !request.groupId.isEmpty else { return AddOffsetsToTxnResponse(error: .invalidGroupId) }
        do throws(BrokerError) {
            try await broker.wireTransactions.addPositions(
                to: request.transactionalId,
                of: ProducerIdentity(id: request.producerId, epoch: request.producerEpoch))
            return AddOffsetsToTxnResponse(error: .none)
        } catch {
            return AddOffsetsToTxnResponse(error: ErrorCode(transaction: error, knowsFencing: version >= 2))
        }
    }
}
