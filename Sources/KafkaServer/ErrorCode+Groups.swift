import BrokerCore
import KafkaProtocol

extension ErrorCode {
    /// What a client is told of a group's refusal.
    init(_ refusal: GroupRefusal) {
        self =
            switch refusal {
            case .invalidGroup: .invalidGroupId
            case .unknownMember: .unknownMemberId
            case .memberIdRequired: .memberIdRequired
            case .fencedInstance: .fencedInstanceId
            case .illegalGeneration: .illegalGeneration
            case .rebalanceInProgress: .rebalanceInProgress
            case .inconsistentProtocol: .inconsistentGroupProtocol
            case .invalidSessionTimeout: .invalidSessionTimeout
            case .groupFull: .groupMaxSizeReached
            case .notAvailable: .coordinatorNotAvailable
            case .notEmpty: .nonEmptyGroup
            case .unknownGroup: .groupIdNotFound
            }
    }

    /// What a client is told where positions cannot be written: to try again, unless they are too many for one write.
    init(writingPositions error: BrokerError) {
        self = error.code == .invalid ? .invalidCommitOffsetSize : .coordinatorNotAvailable
    }
}
