/// The built-in stages by the name that `use:` gives them.
package enum StageUse: String, Sendable, CaseIterable {
    /// A log line becomes JSON.
    case accessLog = "access-log"
    /// Records for which an expression is true go on.
    case filter
    /// Fields are kept, dropped, renamed and masked.
    case select
    /// The first rule that holds names the destination.
    case route
    /// Tumbling windows of event time.
    case aggregate
    /// Records are printed.
    case console
    /// Records are appended to a file.
    case file

    /// Whether the stage ends a pipeline: it needs no output binding.
    package var isSink: Bool { self == .console || self == .file }

    /// Whether a stage of this kind writes to an output binding in any case.
    package var needsOutput: Bool { !isSink && self != .route }
}

extension StageSettings.Kind {
    /// The name that `use:` gives the kind.
    package var use: StageUse {
        switch self {
        case .accessLog: .accessLog
        case .filter: .filter
        case .select: .select
        case .route: .route
        case .aggregate: .aggregate
        case .console: .console
        case .file: .file
        }
    }
}
