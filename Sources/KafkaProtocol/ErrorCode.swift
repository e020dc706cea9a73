/// What went wrong, as an answer carries it. Numbers: Apache Kafka's `Errors`.
package enum ErrorCode: Int16, Sendable {
    case unknownServerError = -1
    case none = 0
    case offsetOutOfRange = 1
    case corruptMessage = 2
    case unknownTopicOrPartition = 3
    case notLeaderOrFollower = 6
    case messageTooLarge = 10
    case coordinatorNotAvailable = 15
    case invalidTopic = 17
    case invalidRequiredAcks = 21
    case unsupportedVersion = 35
    case invalidRequest = 42
    case outOfOrderSequenceNumber = 45
    case invalidProducerEpoch = 47
    case invalidTransactionState = 48
    case kafkaStorageError = 56
    case fetchSessionIdNotFound = 70
    case unknownLeaderEpoch = 75
    case unsupportedCompressionType = 76
    case invalidRecord = 87
    case unknownTopicId = 100
}
