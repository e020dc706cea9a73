import BinderKit
import BrokerCore
import Records
import Synchronization

/// A channel to one topic of the broker.
final class EmbeddedOutputChannel: OutputChannel {
    private struct State {
        var sendsUnderWay = 0
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    let partitionCount: Int32
    private let binding: String
    private let topic: String
    private let broker: Broker
    private let state = Mutex(State())

    init(binding: String, topic: String, partitionCount: Int32, broker: Broker) {
        self.binding = binding
        self.topic = topic
        self.partitionCount = partitionCount
        self.broker = broker
    }

    func send(_ batch: RecordBatch, partition: Int32) async throws(BinderError) -> Int64 {
        let isAccepted = state.withLock { state in
            if !state.isClosed { state.sendsUnderWay += 1 }
            return !state.isClosed
        }
        guard isAccepted else { throw BinderError(.closed, "binding '\(binding)' is closed") }
        defer { sendEnded() }
        do throws(BrokerError) {
            return try await broker.append(batch, to: TopicPartition(topic: topic, partition: partition))
        } catch {
            throw BinderError(error, binding: binding)
        }
    }

    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.sendsUnderWay > 0 { state.closers.append(continuation) }
                return state.sendsUnderWay == 0
            }
            if isIdle { continuation.resume() }
        }
    }

    private func sendEnded() {
        let closers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.sendsUnderWay -= 1
            guard state.sendsUnderWay == 0 else { return [] }
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
