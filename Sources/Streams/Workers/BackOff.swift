/// The pauses before something is tried that failed through no fault of a record: doubled from 100 ms to 5 s.
struct BackOff {
    private static let longest = Duration.seconds(5)
    private var pause = Duration.milliseconds(100)

    /// The next pause.
    mutating func next() -> Duration {
        defer { pause = min(pause * 2, Self.longest) }
        return pause
    }
}
