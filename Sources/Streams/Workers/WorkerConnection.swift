import BinderKit
import Records

/// One worker's way in and out: its member of the consumer group, and the transaction or channels it sends through.
final class WorkerConnection {
    /// The group member.
    let channel: any InputChannel
    private let session: (any TransactionSession)?
    private let topics: Topics
    private var outputs: [TopicPlace: any OutputChannel] = [:]
    private var hasSent = false

    private init(channel: any InputChannel, session: (any TransactionSession)?, topics: Topics) {
        self.channel = channel
        self.session = session
        self.topics = topics
    }

    /// Opens the session, which ends whatever an earlier owner of `transactionalId` left open, and then joins the group.
    static func open(
        _ plan: StagePlan, transactionalId: String, topics: Topics
    ) async throws(BinderError) -> WorkerConnection {
        let binder = try topics.binder(plan.inputBinder)
        var session: (any TransactionSession)?
        if binder.capabilities.contains(.transactions), plan.isOnOneBinder {
            session = try await binder.openTransactions(id: transactionalId)
        }
        do {
            let channel = try await binder.bind(plan.inputBinding)
            return WorkerConnection(channel: channel, session: session, topics: topics)
        } catch {
            await session?.close()
            throw error
        }
    }

    /// Sends batches: within the transaction, or at once where there is none.
    func send(_ batches: [ReadyBatch]) async throws(BinderError) {
        for ready in batches {
            hasSent = true
            if let session {
                let partition = TopicPartition(topic: ready.outlet.topic.topic, partition: ready.partition)
                try await session.send(ready.batch, to: partition)
            } else {
                try await output(ready.outlet.topic).send(ready.batch, partition: ready.partition)
            }
        }
    }

    /// Makes what was sent and the positions durable: in one atomic step where there is a transaction, otherwise the positions after the outputs.
    func commit(_ positions: [InputPosition]) async throws(BinderError) {
        if let session, hasSent {
            try await session.commit(positions, of: positions.isEmpty ? nil : channel)
        } else if !positions.isEmpty {
            try await channel.commit(positions)
        }
        hasSent = false
    }

    /// Gives up what was sent since the last commit, as far as the binder can.
    func abort() async throws(BinderError) {
        if let session, hasSent {
            try await session.abort()
        }
        hasSent = false
    }

    /// Leaves the group and closes the rest.
    func close() async {
        await session?.close()
        await channel.close()
        for output in outputs.values {
            await output.close()
        }
    }

    private func output(_ place: TopicPlace) async throws(BinderError) -> any OutputChannel {
        if let output = outputs[place] { return output }
        let output = try await topics.binder(place.binder).bind(
            OutputBinding(name: place.topic, topic: place.topic))
        outputs[place] = output
        return output
    }
}
