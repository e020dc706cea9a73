import Synchronization

/// Lets a line of the log through once a minute for each subject: a client that asks for the same again and again would fill the disk.
final class LineLimit: Sendable {
    private static let interval = Duration.seconds(60)
    /// With more subjects at a time than these nothing more is said.
    private static let subjectsMax = 1000

    private let last = Mutex<[String: ContinuousClock.Instant]>([:])

    func isDue(_ subject: String) -> Bool {
        last.withLock { last in
            let now = ContinuousClock.now
            if let before = last[subject], now - before < Self.interval { return false }
            if last.count >= Self.subjectsMax { last = last.filter { now - $0.value < Self.interval } }
            guard last.count < Self.subjectsMax else { return false }
            last[subject] = now
            return true
        }
    }
}
