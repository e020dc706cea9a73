import BrokerCore
import KafkaProtocol

/// Why a part of an administrative request is not carried out.
struct AdminRefusal: Error {
    let code: ErrorCode
    /// One line for people.
    let message: String

    init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Keeps clients from changing a topic that they may only read.
    static func requireChangeable(_ topic: String) throws(AdminRefusal) {
        guard Topic.isReadOnlyForClients(topic) else { return }
        throw AdminRefusal(.invalidTopic, "topic '\(topic)' is Sluice's own; clients can only read it")
    }

    init(_ error: BrokerError) { self.init(ErrorCode(error), error.description) }

    /// Runs something on the broker; `invalid` is what it means here that something cannot be as it is.
    static func orResult<Result>(
        invalid: ErrorCode = .invalidRequest, _ body: () async throws(BrokerError) -> Result
    ) async throws(AdminRefusal) -> Result {
        do throws(BrokerError) {
            return try await body()
        } catch {
            throw AdminRefusal(error, invalid: invalid)
        }
    }

    /// The refusal for a broker's error; `invalid` is what it means here that something cannot be as it is.
    init(_ error: BrokerError, invalid: ErrorCode) {
        self.init(error.code == .invalid && error.cause == nil ? invalid : ErrorCode(error), error.description)
    }
}
