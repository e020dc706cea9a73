/// When to scan: at the set interval, sooner when asked, and never so often that scanning takes over.
struct ScanSchedule {
    /// A regular scan takes at most one part in this many of the time.
    private static let regularShare = 50
    /// The same for scans that events ask for.
    private static let askedShare = 10
    private static let pauseMin = Duration.milliseconds(10)

    let interval: Duration
    /// Whether there was none yet.
    private(set) var isFirst = true
    private var regularAt: ContinuousClock.Instant = .now
    private var askedAt: ContinuousClock.Instant = .now

    init(interval: Duration) { self.interval = interval }

    /// The next scan's time.
    func next(isAsked: Bool) -> ContinuousClock.Instant { isAsked ? min(askedAt, regularAt) : regularAt }

    func isDue(_ now: ContinuousClock.Instant, isAsked: Bool) -> Bool { next(isAsked: isAsked) <= now }

    mutating func ran(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
        let duration = start.duration(to: end)
        isFirst = false
        regularAt = end + max(interval, duration * Self.regularShare)
        askedAt = end + max(Self.pauseMin, duration * Self.askedShare)
    }
}
