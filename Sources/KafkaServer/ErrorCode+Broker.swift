import BrokerCore
import KafkaProtocol
import SegmentedLog

extension ErrorCode {
    /// What a client is told of a broker's error, so that it tries again where that can help.
    init(_ error: BrokerError) {
        if let cause = error.cause as? LogError {
            self.init(cause)
            return
        }
        self =
            switch error.code {
            case .unknownTopic: .unknownTopicOrPartition
            case .topicExists: .topicAlreadyExists
            case .invalidPartitionCount: .invalidPartitions
            case .invalid: .invalidRequest
            case .fenced: .invalidProducerEpoch
            case .unknownProducer: .invalidProducerIdMapping
            case .transactionUnderWay: .concurrentTransactions
            case .transactionState: .invalidTransactionState
            case .transactionTimeout: .invalidTransactionTimeout
            case .corrupt: .corruptMessage
            case .closed: .notLeaderOrFollower
            case .diskFull, .limitReached, .io, .inUse, .uncertain: .kafkaStorageError
            }
    }

    /// What a producer is told by the coordinator of its transactions.
    /// - Parameter knowsFencing: whether the version of its request has PRODUCER_FENCED (KIP-588).
    init(transaction error: BrokerError, knowsFencing: Bool = false) {
        self =
            switch error.code {
            case .fenced: knowsFencing ? .producerFenced : .invalidProducerEpoch
            // Kafka has no word for it; this one ends the producer and says that it may not use the id.
            case .inUse: .transactionalIdAuthorizationFailed
            // Kafka's clients look for the coordinator then, and ask again.
            case .diskFull, .limitReached, .io, .uncertain, .closed, .corrupt: .coordinatorNotAvailable
            default: ErrorCode(error)
            }
    }

    /// The same of a log's error.
    init(_ error: LogError) {
        self =
            switch error.code {
            case .corrupt: .corruptMessage
            case .offsetOutOfRange: .offsetOutOfRange
            case .batchTooLarge: .messageTooLarge
            case .segmentTooSmall: .recordListTooLarge
            case .invalidBatch: .invalidRecord
            case .outOfOrderSequence: .outOfOrderSequenceNumber
            case .producerFenced: .invalidProducerEpoch
            case .invalidTransactionState: .invalidTransactionState
            case .closed: .notLeaderOrFollower
            // Kafka's clients try again: there may be room by then, or another start.
            case .diskFull, .readOnly, .io, .notFound, .fileGone, .tooManySlices, .busy: .kafkaStorageError
            }
    }
}
