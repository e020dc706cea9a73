import BinderKit
import Records

/// The program as a producer of one topic. May be used by several tasks at once.
public struct StreamSource: Sendable {
    /// The topic.
    public let topic: String
    private let application: StreamApplication

    init(topic: String, application: StreamApplication) {
        self.topic = topic
        self.application = application
    }

    /// Sends messages in as few batches as the topic's partitions allow, in their order per partition; waits for the application to run.
    /// - Throws: `StreamError`: `.state` where the application has ended, `.binder` where a batch was not taken. Batches of other partitions may
    ///   then have been sent.
    public func send(_ messages: Message...) async throws(StreamError) {
        try await send(contentsOf: messages)
    }

    /// As `send(_:)`, of any number: each call waits until all is as durable as the binder promises, so many at once are much cheaper.
    public func send(contentsOf messages: [Message]) async throws(StreamError) {
        let (plan, topics) = try await application.outlet(toTopic: topic)
        do {
            let batches = try batches(of: messages, plan, partitionCount: topics.partitionCount(of: plan.topic) ?? 1)
            let output = try await topics.binder(plan.topic.binder).bind(
                OutputBinding(name: topic, topic: topic))
            for ready in batches {
                try await output.send(ready.batch, partition: ready.partition)
            }
            await output.close()
        } catch {
            throw StreamError(.binder, "nothing can be sent to '\(topic)'", cause: error)
        }
    }

    private func batches(of messages: [Message], _ plan: OutletPlan, partitionCount: Int32) throws -> [ReadyBatch] {
        var outlet = Outlet(plan, partitionCount: partitionCount, turn: Int.random(in: 0..<Int(max(1, partitionCount))))
        var ready: [ReadyBatch] = []
        var fields = RecordFields()
        for message in messages {
            let timestamp = message.timestamp ?? WallClock.nowMilliseconds
            let record = StageRecord(
                value: message.value, key: message.key, headers: message.headers, timestamp: timestamp)
            let partition = try outlet.partition(of: record, using: &fields)
            try outlet.append(
                key: message.key, value: message.value, timestamp: timestamp, headers: message.headers,
                partition: partition, ready: &ready)
        }
        try outlet.close(into: &ready)
        return ready
    }
}
