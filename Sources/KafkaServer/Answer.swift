import KafkaProtocol

/// How a request will be answered.
enum Answer: Sendable {
    /// A frame without its records, or nil where there is no answer.
    typealias Frame = [FramePart]

    /// With this frame; nil: with none.
    case ready(Frame?)
    /// Started at once; calls back once, from any thread.
    case whenDone(@Sendable (@escaping @Sendable (Frame?) -> Void) -> Void)
    /// Started when all earlier answers have been sent. It is cancelled when the client leaves, or begun as cancelled, and then waits for nothing but the disk.
    case later(@Sendable () async -> Frame)
}
