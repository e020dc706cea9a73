import BrokerCore
import KafkaProtocol

extension Service {
    /// Without a transactional id, a new id for each that asks: such a producer that has lost count of its sequence begins anew. With one, its id under the next
    /// epoch, and what was open is aborted.
    func initProducerId(_ request: InitProducerIdRequest, version: Int16) async -> InitProducerIdResponse {
        var response = InitProducerIdResponse()
        // Both, or neither (KIP-360).
        guard (request.producerId < 0) == (request.producerEpoch < 0) else {
            response.error = .invalidRequest
            return response
        }
        do throws(BrokerError) {
            if let transactionalId = request.transactionalId {
                let expected = ProducerIdentity(id: request.producerId, epoch: request.producerEpoch)
                let identity = try await broker.wireTransactions.initialise(
                    transactionalId, timeoutMilliseconds: request.timeoutMilliseconds,
                    expected: expected.id < 0 ? nil : expected)
                (response.producerId, response.producerEpoch) = (identity.id, identity.epoch)
            } else {
                response.producerId = try await broker.newProducerId()
                response.producerEpoch = 0
            }
        } catch {
            if error.code == .inUse { logger.warning("a client's producer is refused: \(error)") }
            response.error = ErrorCode(transaction: error, knowsFencing: version >= 4)
        }
        return response
    }
}
