import AccessLogs
import Settings

/// The stages that need no code: makes them from their settings.
public struct StageCatalog: Sendable {
    private let console: @Sendable ([UInt8]) throws -> Void

    /// Creates a catalog.
    /// - Parameter console: where `use: console` prints; takes whole lines and is called from several tasks.
    public init(console: @escaping @Sendable ([UInt8]) throws -> Void) { self.console = console }

    /// Compiles a stage's settings; the result makes one stage per worker.
    /// - Throws: the first thing that is wrong, with its place.
    public func make(_ settings: StageSettings) throws(Diagnostic) -> @Sendable () -> any Stage {
        switch settings.kind {
        case .accessLog(let options):
            let format = try AccessLogFormat.compile(options)
            return { AccessLogStage(format) }
        case .filter(let source):
            let condition = try Expression.compileCondition(source)
            return { FilterStage(where: condition) }
        case .select(let options):
            let stage = try SelectStage(options, at: settings.location)
            return { stage }
        case .route(let options):
            let stage = try RouteStage(options)
            return { stage }
        case .aggregate(let options):
            let plan = try AggregatePlan(options, at: settings.location)
            return { AggregateStage(plan) }
        case .console(let options):
            let stage = try ConsoleStage(options, write: console)
            return { stage }
        case .file(let options):
            guard !options.path.isEmpty else {
                throw Diagnostic(
                    .error, "the stage '\(settings.name)' needs the path of its file", at: settings.location)
            }
            return { FileStage(options) }
        }
    }

    /// Everything that is wrong with the stages' expressions and formats, the bindings' partition keys and the chains.
    public static func diagnostics(for settings: StreamSettings) -> [Diagnostic] {
        let catalog = StageCatalog(console: { _ in })
        var findings: [Diagnostic] = []
        for stage in settings.stages {
            do { _ = try catalog.make(stage) } catch { findings.append(error) }
        }
        for binding in settings.bindings.values.sorted(by: { $0.name < $1.name }) {
            guard let source = binding.producer.partitionKeyExpression else { continue }
            do { _ = try Expression.compile(source) } catch { findings.append(error) }
        }
        return findings + chainDiagnostics(for: settings)
    }

    /// A position tells where one aggregate goes on, so a chain holds one at most; and nothing comes after a stage that emits nothing.
    private static func chainDiagnostics(for settings: StreamSettings) -> [Diagnostic] {
        var findings: [Diagnostic] = []
        for chain in settings.definition ?? [] {
            let kinds = chain.stages.map { name in settings.stages.last { $0.name == name }?.kind }
            let aggregates = kinds.filter { if case .aggregate = $0 { true } else { false } }
            if aggregates.count > 1 {
                findings.append(
                    Diagnostic(
                        .error, "a chain holds one aggregate at most; give the next one a topic to read from",
                        at: chain.location))
            }
            for (name, kind) in zip(chain.stages, kinds).dropLast() {
                switch kind {
                case .console, .file:
                    findings.append(
                        Diagnostic(
                            .error,
                            "'\(name)' emits nothing, so no stage can follow it; let it read the topic on its own",
                            at: chain.location))
                default: continue
                }
            }
        }
        return findings
    }
}

extension AccessLogFormat {
    /// Compiles the format of a stage's options; an error names the place inside the format.
    fileprivate static func compile(_ options: AccessLogOptions) throws(Diagnostic) -> AccessLogFormat {
        let text = options.format.text
        guard let escape = Escape(rawValue: options.escape) else {
            let known = Escape.allCases.map(\.rawValue).joined(separator: ", ")
            throw Diagnostic(
                .error, "there is no escape '\(options.escape)'; there are \(known)", at: options.format.location)
        }
        do {
            // A word without variables is a format's name, whoever's grammar is set.
            guard let server = options.server, text.contains("$") || text.contains("%") else {
                return try described(by: text, escape: escape)
            }
            return try server == .nginx ? nginx(text, escape: escape) : apache(text)
        } catch {
            let place = options.format.location.map { start in
                let before = String(decoding: text.utf8.prefix(error.offset ?? 0), as: UTF8.self).count
                return SourceLocation(file: start.file, line: start.line, column: start.column + before)
            }
            throw Diagnostic(.error, error.message, at: place)
        }
    }
}
