/// A stage under `stream.stages` while its keys are being read: every option of every kind, each possibly missing.
package struct StageDraft: DefaultedSettings {
    package static let defaults = StageDraft()

    /// One rule of a `route`.
    struct Rule: Sendable {
        var when: SourceText?
        var to: String?
    }

    /// One measure of an `aggregate`.
    struct Measure: Sendable {
        var name: String
        var functions: [(function: AggregateOptions.Measure.Function, of: SourceText?)] = []
        var of: SourceText?
        var location: SourceLocation
    }

    /// The kind, once `use` is read.
    package internal(set) var use: StageUse?
    var accessLog = AccessLogOptions(format: SourceText(""))
    var format: SourceText?
    var condition: SourceText?
    var select = SelectOptions()
    var rules: [Int: Rule] = [:]
    var otherwise: String?
    var window: Duration?
    var aggregate = AggregateOptions(window: .zero, measures: [])
    var measures: [Measure] = []
    var template: SourceText?
    var path: String?
    var separator = FileOptions(path: "").separator

    /// An empty draft.
    package init() {}

    /// The finished stage, or nil with the findings that keep it from being one.
    package func stage(named name: String, at location: SourceLocation) -> (StageSettings?, [Diagnostic]) {
        var findings: [Diagnostic] = []
        /// Takes an option that the kind cannot do without.
        func required<Value>(_ value: Value?, _ key: ConfigKey) -> Value? {
            if value == nil {
                let kind = use?.rawValue ?? ""
                let message = "stage '\(name)' (use: \(kind)) needs '\(key.displayName)', \(key.type.requirement)"
                findings.append(Diagnostic(.error, message, at: location))
            }
            return value
        }
        guard let use else {
            let message =
                "stage '\(name)' does not say what it does; set 'use' to \(StageDraft.useField.key.type.requirement)"
            return (nil, [Diagnostic(.error, message, at: location)])
        }
        var kind: StageSettings.Kind?
        switch use {
        case .accessLog:
            if let format = required(format, StageDraft.formatField.key) {
                var options = accessLog
                options.format = format
                kind = .accessLog(options)
            }
        case .filter:
            kind = required(condition, StageDraft.whereField.key).map { .filter(where: $0) }
        case .select:
            kind = .select(select)
        case .route:
            if required(rules.isEmpty ? nil : rules, StageDraft.rulesKey) != nil {
                let finished = finishedRules(of: name, at: location, &findings)
                kind = .route(RouteOptions(rules: finished, otherwise: otherwise))
            }
        case .aggregate:
            let window = required(window, StageDraft.windowField.key)
            let named = required(measures.isEmpty ? nil : measures, StageDraft.measuresKey)
            var options = aggregate
            options.measures = (named ?? []).compactMap { finished($0, &findings) }
            if let window {
                options.window = window
                kind = .aggregate(options)
            }
        case .console:
            kind = .console(ConsoleOptions(template: template))
        case .file:
            kind = required(path, StageDraft.pathField.key).map {
                .file(FileOptions(path: $0, separator: separator))
            }
        }
        guard findings.isEmpty, let kind else { return (nil, findings) }
        return (StageSettings(name: name, kind: kind, location: location), [])
    }

    /// The rules in order; every one needs both its parts.
    private func finishedRules(
        of name: String, at location: SourceLocation, _ findings: inout [Diagnostic]
    ) -> [RouteOptions.Rule] {
        var finished: [RouteOptions.Rule] = []
        for (index, rule) in rules.sorted(by: { $0.key < $1.key }) {
            if let when = rule.when, let to = rule.to {
                finished.append(RouteOptions.Rule(when: when, to: to))
            } else {
                let missing = rule.when == nil ? "when" : "to"
                let message = "rule \(index + 1) of stage '\(name)' needs '\(missing)'"
                findings.append(Diagnostic(.error, message, at: rule.when?.location ?? location))
            }
        }
        return finished
    }

    /// A measure has one function; a quantile also says what it is taken of.
    private func finished(_ draft: Measure, _ findings: inout [Diagnostic]) -> AggregateOptions.Measure? {
        guard draft.functions.count == 1, let (function, inner) = draft.functions.first else {
            let message = "measure '\(draft.name)' needs exactly one function: count, sum, min, max, mean or quantile"
            findings.append(Diagnostic(.error, message, at: draft.location))
            return nil
        }
        if case .quantile = function {
            guard let of = draft.of else {
                let message = "measure '\(draft.name)' needs 'of', the expression its quantile is taken of"
                findings.append(Diagnostic(.error, message, at: draft.location))
                return nil
            }
            return AggregateOptions.Measure(name: draft.name, function: function, of: of)
        }
        if let of = draft.of {
            let message = "'of' belongs to a quantile; measure '\(draft.name)' names its expression with its function"
            findings.append(Diagnostic(.error, message, at: of.location))
            return nil
        }
        return AggregateOptions.Measure(name: draft.name, function: function, of: inner)
    }
}
