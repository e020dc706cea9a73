import Dispatch

/// Runs what blocks, such as librdkafka's calls, on a thread that no task needs.
package func onThreadOfItsOwn<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
{
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "sluice.kafka-client.call", qos: .userInitiated).async {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}
