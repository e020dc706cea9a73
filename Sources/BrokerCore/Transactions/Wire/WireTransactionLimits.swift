/// What bounds the transactions of clients.
package enum WireTransactionLimits {
    /// The transactional ids that are remembered; no more are taken then.
    static let idsMax = 100_000
    /// The bytes of a transactional id, and of a group's name.
    static let nameBytesMax = 1024
    /// The partitions of a transaction.
    static let partitionsMax = 10_000
    /// The positions that a transaction may commit.
    static let positionsMax = 100_000
    /// How long a request waits for the step before it, and the end of a transaction for its markers; then the client is to ask again.
    static let settleWaitMax = Duration.seconds(2)
    /// How long after a step that found no room it is tried again.
    static let retryMilliseconds: Int64 = 500
}
