import BinderKit
import BrokerCore

extension BinderError {
    /// A broker's error in the terms of the SPI.
    init(_ error: BrokerError, binding: String? = nil) {
        let code: Code =
            switch error.code {
            case .closed: .closed
            case .fenced: .fenced
            case .unknownTopic: .unknownTopic
            case .invalid, .topicExists, .invalidPartitionCount: .invalid
            // These are for clients alone.
            case .unknownProducer, .transactionUnderWay, .transactionState, .transactionTimeout: .invalid
            case .diskFull, .limitReached: .retriable
            case .uncertain: .uncertain
            case .inUse, .corrupt, .io: .fatal
            }
        let place = binding.map { "binding '\($0)': " } ?? ""
        self.init(code, place + (error.path.map { "\($0): " } ?? "") + error.message, cause: error.cause)
    }
}
