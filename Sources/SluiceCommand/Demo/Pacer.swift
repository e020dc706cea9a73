/// Says how many things are due at a steady rate, and waits between them.
struct Pacer {
    /// Things a second; nil is as fast as they can be done.
    private let rate: Int?
    private let start = ContinuousClock.now
    private var done = 0
    private static let tick = Duration.milliseconds(20)
    private static let burst = 1000

    init(rate: Int?) { self.rate = rate }

    /// Waits until something is due.
    /// - Returns: how many may be done now, at least one and at most `limit`.
    mutating func next(limit: Int) async throws -> Int {
        guard let rate else { return take(min(limit, Self.burst)) }
        while true {
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            let due = Int(elapsed * Double(rate)) - done
            if due > 0 { return take(min(limit, due)) }
            try await Task.sleep(for: Self.tick)
        }
    }

    private mutating func take(_ count: Int) -> Int {
        done += count
        return count
    }
}
