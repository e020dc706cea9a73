/// What governs the transactions of Kafka's clients.
package struct TransactionSettings: Sendable, Equatable {
    /// The longest a transaction may be asked to last. Kafka's `transaction.max.timeout.ms`.
    package var timeoutMax = Duration.seconds(900)
    /// A transactional id that was not used for so long is forgotten. Kafka's `transactional.id.expiration.ms`.
    package var idExpiration = Duration.seconds(7 * 86_400)

    package init() {}
}
