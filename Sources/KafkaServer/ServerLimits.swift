import NIOCore

/// What bounds the server's memory and patience.
package struct ServerLimits: Sendable {
    /// The longest request, in bytes; a longer one closes its connection. Kafka's `socket.request.max.bytes`.
    package var requestBytesMax = 100 << 20
    /// The memory of all requests from their first byte to their answers, in bytes; who needs more waits. Kafka's `queued.max.request.bytes`. A single request may be
    /// larger when there is no other.
    package var requestMemoryMax = 256 << 20
    /// A connection that leaves a request unfinished for so long is closed.
    package var stallMax = TimeAmount.seconds(30)
    /// A request that has begun comes within `stallMax` and a second for each so many bytes of it, or its connection is closed.
    package var requestBytesPerSecondMin = 64 << 10
    /// The requests of one connection that wait for their answers; then the server reads no more from it until one is answered.
    package var requestsInFlightMax = 16
    /// The connections at a time; more are closed at once.
    package var connectionsMax = 10_000
    /// A connection on which nothing was read or written for so long is closed. Kafka's `connections.max.idle.ms`.
    package var idleMax = TimeAmount.minutes(10)
    /// The longest a fetch waits for records, whatever it asks for.
    package var fetchWaitMax = Duration.seconds(60)
    /// The bytes of records in one answer to a fetch, whatever it asks for; the first batch comes whole all the same.
    package var fetchBytesMax = 55 << 20

    /// The bytes of answers, records apart, that clients of all connections do not take; beyond that the connection that has been slow for longest is closed.
    package var untakenBytesMax = 64 << 20

    package init() {}
}
