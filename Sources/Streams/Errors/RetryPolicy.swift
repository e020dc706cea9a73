import Settings

/// Which failures of a record are tried again, how often, and after what pause (`consumer.max-attempts`, `back-off-*`, `default-retryable`,
/// `retryable-exceptions`).
struct RetryPolicy: Sendable {
    private let attemptsMax: Int
    private let initialInterval: Duration
    private let maxInterval: Duration
    private let multiplier: Double
    private let defaultRetryable: Bool
    private let retryable: [String: Bool]

    init(_ settings: ConsumerSettings) {
        attemptsMax = max(1, settings.maxAttempts)
        initialInterval = settings.backOffInitialInterval
        maxInterval = settings.backOffMaxInterval
        multiplier = max(1, settings.backOffMultiplier)
        defaultRetryable = settings.defaultRetryable
        retryable = settings.retryableExceptions
    }

    /// The pause before the next attempt, or nil where the record has failed for good.
    /// - Parameter attempts: how often it was tried so far, 1 or more.
    func pause(after attempts: Int, failingWith error: any Error) -> Duration? {
        guard attempts < attemptsMax, isRetryable(error) else { return nil }
        return backOff(attempt: attempts)
    }

    /// `initial * multiplier^(attempt - 1)`, at most the longest interval.
    func backOff(attempt: Int) -> Duration {
        var pause = initialInterval
        for _ in 1..<max(1, attempt) where pause < maxInterval {
            pause = pause * multiplier
        }
        return min(pause, maxInterval)
    }

    /// Whether the error is worth another attempt: never where the record itself is at fault, otherwise by the first of its names the settings know.
    func isRetryable(_ error: any Error) -> Bool {
        if let stageError = error as? StageError, stageError.code == .rejected {
            return false
        }
        guard !retryable.isEmpty else { return defaultRetryable }
        for name in ErrorName.candidates(of: error) {
            if let decision = retryable[name] {
                return decision
            }
        }
        return defaultRetryable
    }
}

/// The names an error goes by in settings and headers.
enum ErrorName {
    /// A stage error's own name, or the type with its module, such as `Orders.PaymentError`: what Java's class name is to a dead letter's reader.
    static func qualified(_ error: any Error) -> String {
        (error as? StageError)?.name ?? String(reflecting: type(of: error))
    }

    /// From the most to the least particular: a stage error's name, its code and its type; of another `Module.Type.case`, `Type.case`,
    /// `Module.Type` and `Type`.
    static func candidates(of error: any Error) -> [String] {
        let long = String(reflecting: type(of: error))
        let short = String(describing: type(of: error))
        if let stageError = error as? StageError {
            return [stageError.name, stageError.code.rawValue, short, long]
        }
        let mirror = Mirror(reflecting: error)
        guard mirror.displayStyle == .enum else { return [long, short] }
        let name = mirror.children.first?.label ?? String(describing: error)
        return ["\(long).\(name)", "\(short).\(name)", long, short]
    }
}
