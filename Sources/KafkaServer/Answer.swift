import KafkaProtocol

/// What a request comes to.
enum Answer: Sendable {
    /// A frame without its records, or nil where there is no answer.
    typealias Frame = [FramePart]

    /// This.
    case ready(Frame?)
    /// What it gives to the closure it is started with, once and from wherever it likes. It is started at once.
    case whenDone(@Sendable (@escaping @Sendable (Frame?) -> Void) -> Void)
    /// What this work gives. It begins when the answers before it have been sent. When the client leaves it is cancelled, or begun as cancelled: it waits for
    /// nothing but the disk then.
    case later(@Sendable () async -> Frame)
}
