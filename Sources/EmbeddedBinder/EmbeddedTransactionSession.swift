import BinderKit
import BrokerCore
import Records
import Synchronization

/// A transactional producer of the broker.
final class EmbeddedTransactionSession: TransactionSession {
    private let handle: TransactionHandle
    private let isClosed = Atomic(false)

    init(handle: TransactionHandle) { self.handle = handle }

    func send(_ batch: RecordBatch, to partition: TopicPartition) async throws(BinderError) {
        try refuseClosed()
        do throws(BrokerError) {
            try await handle.append(batch, to: partition)
        } catch {
            throw BinderError(error)
        }
    }

    func commit(_ positions: [InputPosition], of input: (any InputChannel)?) async throws(BinderError) {
        try refuseClosed()
        let member: GroupMember?
        switch input {
        case nil: member = nil
        case let channel as EmbeddedInputChannel: member = channel.member
        default:
            try await abort()
            throw BinderError(.invalid, "a transaction of the embedded log commits positions of its own inputs only")
        }
        if member == nil, !positions.isEmpty {
            try await abort()
            throw BinderError(.invalid, "positions are committed for an input, and none was given")
        }
        do throws(BrokerError) {
            try await handle.commit(positions.bySource(), of: member)
        } catch {
            throw BinderError(error)
        }
    }

    func abort() async throws(BinderError) {
        try refuseClosed()
        do throws(BrokerError) {
            try await handle.abort()
        } catch {
            throw BinderError(error)
        }
    }

    func close() async {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // Fenced or closed with the broker: then somebody else has aborted what was open.
        try? await handle.abort()
    }

    private func refuseClosed() throws(BinderError) {
        guard !isClosed.load(ordering: .acquiring) else { throw BinderError(.closed, "the session is closed") }
    }
}
