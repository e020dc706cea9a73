import BinderKit
import BrokerCore
import Records

/// An input binding's member of its group.
final class EmbeddedInputChannel: InputChannel {
    private let binding: String
    /// For the session that commits this channel's positions.
    let member: GroupMember

    init(binding: String, member: GroupMember) {
        self.binding = binding
        self.member = member
    }

    func next(waitingUpTo limit: Duration) async throws(BinderError) -> InputEvent? {
        let event: MemberEvent?
        do throws(BrokerError) {
            event = try await member.next(waitingUpTo: limit)
        } catch {
            throw BinderError(error, binding: binding)
        }
        switch event {
        case .delivery(let source, let batches, let startOffset, let nextOffset, let endOffset, let readToEnd):
            return .delivery(
                Delivery(
                    source: source, batches: batches, startOffset: startOffset, nextOffset: nextOffset,
                    endOffset: endOffset, readToEnd: readToEnd))
        case .assigned(let partitions):
            return .assigned(
                partitions.map {
                    InputPosition(source: $0.source, offset: $0.position.offset, metadata: $0.position.metadata)
                })
        case .revoked(let partitions): return .revoked(partitions)
        case .idle: return .idle
        case nil: return nil
        }
    }

    func commit(_ positions: [InputPosition]) async throws(BinderError) {
        do throws(BrokerError) {
            try await member.commit(positions.bySource())
        } catch {
            throw BinderError(error, binding: binding)
        }
    }

    func close() async { await member.close() }
}

extension [InputPosition] {
    /// The broker's form; of two positions of one partition the later in the list counts.
    func bySource() -> [TopicPartition: CommittedPosition] {
        Dictionary(map { ($0.source, CommittedPosition(offset: $0.offset, metadata: $0.metadata)) }) { $1 }
    }
}
