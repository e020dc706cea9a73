/// Where a producer's transactions in a partition were at a moment.
///
/// Whether a transaction is open is known outside of the log, and it may end between the question and the append; a batch behind the end marker would begin a
/// transaction that nobody ends (KIP-890). So a mark is taken first, then the question is asked, and the append is refused if the mark has moved.
package struct TransactionMark: Sendable {
    let producerId: Int64
    let lastMarkerOffset: Int64?
}

extension PartitionLog {
    /// Where the producer's transactions are now.
    package func transactionMark(of producerId: Int64) -> TransactionMark {
        state.withLock { state in
            TransactionMark(
                producerId: producerId, lastMarkerOffset: state.producers.entries[producerId]?.lastMarkerOffset)
        }
    }
}

extension ProducerTable {
    /// Throws where a transaction of the producer has ended since.
    func check(_ mark: TransactionMark) throws(LogError) {
        guard entries[mark.producerId]?.lastMarkerOffset == mark.lastMarkerOffset else {
            throw LogError(
                .invalidTransactionState, "the transaction of producer \(mark.producerId) has ended meanwhile")
        }
    }
}
