import BrokerCore
import KafkaProtocol

extension Service {
    /// A new id for each that asks: a producer without transactions that has lost count of its sequence begins anew.
    func initProducerId(_ request: InitProducerIdRequest) async -> InitProducerIdResponse {
        var response = InitProducerIdResponse()
        guard request.transactionalId == nil else {
            // There are no transactions for Kafka's clients yet.
            response.error = .unsupportedVersion
            return response
        }
        do throws(BrokerError) {
            response.producerId = try await broker.newProducerId()
            response.producerEpoch = 0
        } catch {
            // A client tries again then.
            response.error = error.code == .closed ? .coordinatorNotAvailable : ErrorCode(error)
        }
        return response
    }
}
