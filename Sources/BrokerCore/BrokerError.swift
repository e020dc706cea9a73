import SegmentedLog

/// What went wrong in the broker: the one error type of this module.
package struct BrokerError: Error, Sendable, CustomStringConvertible {
    /// What a caller may act on.
    package enum Code: String, Sendable {
        /// Another process works on the data directory, or another kind of producer has the transactional id.
        case inUse
        /// The topic or partition is not there.
        case unknownTopic
        /// There is a topic of that name already.
        case topicExists
        /// A topic cannot have so many partitions, or so few.
        case invalidPartitionCount
        /// The request can never succeed as it is: a bad name, a batch over the limit, a position below 0.
        case invalid
        /// A newer session has the transactional id, or another member the partition.
        case fenced
        /// The producer id is not that of the transactional id.
        case unknownProducer
        /// An earlier step of the same transactional id is under way: the same request works once it is over.
        case transactionUnderWay
        /// The step does not fit to the transaction's state.
        case transactionState
        /// A transaction may not last so long.
        case transactionTimeout
        /// There are as many as there may be: nothing was changed, and the same request works once some are forgotten.
        case limitReached
        /// No room on the device: nothing was changed, and the same request works once there is room.
        case diskFull
        /// The transaction's outcome is not known until the broker is started anew.
        case uncertain
        /// The broker, member or session is closed.
        case closed
        /// Bytes on disk are not what was written.
        case corrupt
        /// The operating system refused an operation, or the partition is read-only since it did.
        case io
    }

    /// The kind of failure.
    package var code: Code
    /// What happened and, where there is something to do, what to do.
    package var message: String
    /// The file or folder, where one is at fault.
    package var path: String?
    /// The error behind this one.
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, path: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.cause = cause
    }

    /// The error of a log in the broker's terms; the log's message already names directory, segment and byte.
    init(_ error: LogError, _ operation: String) {
        let code: Code =
            switch error.code {
            case .corrupt: .corrupt
            case .diskFull: .diskFull
            case .batchTooLarge, .segmentTooSmall, .invalidBatch, .offsetOutOfRange, .outOfOrderSequence,
                .invalidTransactionState:
                .invalid
            case .producerFenced: .fenced
            case .closed: .closed
            case .readOnly, .io, .notFound, .fileGone, .tooManySlices, .busy: .io
            }
        self.init(code, operation, cause: error)
    }

    /// `path: message: cause`, with the parts that are known.
    package var description: String {
        let text = path.map { "\($0): \(message)" } ?? message
        return cause.map { "\(text): \($0)" } ?? text
    }
}

/// Runs an operation on a log and puts its errors into the broker's terms.
func inBrokerTerms<Result>(_ operation: String, _ body: () throws(LogError) -> Result) throws(BrokerError) -> Result {
    do throws(LogError) {
        return try body()
    } catch {
        throw BrokerError(error, operation)
    }
}

extension FlushGate {
    /// Waits as `waitUntilDurable` does; a failure says that it was `operation` that failed.
    func waitUntilDurable(
        _ logs: [(PartitionLog, through: Int64)], _ operation: String
    ) async throws(BrokerError) {
        do throws(LogError) {
            try await waitUntilDurable(logs)
        } catch {
            throw BrokerError(error, operation)
        }
    }
}
