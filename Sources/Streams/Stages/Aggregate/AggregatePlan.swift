import Settings

/// The options of `use: aggregate`, compiled: shared by all workers.
struct AggregatePlan: Sendable {
    /// One output field.
    struct Measure: Sendable {
        let function: AggregateOptions.Measure.Function
        /// The index of the expression it is taken of; nil for the number of records.
        let input: Int?
        /// `,"name":`
        let prefix: [UInt8]
    }

    /// One grouping field.
    struct Key: Sendable {
        let expression: Expression
        /// `"name":`, with a comma before all but the first.
        let prefix: [UInt8]
    }

    /// The longest key of a group, in bytes of its JSON.
    static let keyBytesMax = 4096

    let windowMilliseconds: Int64
    let latenessMilliseconds: Int64
    let time: Expression
    let keys: [Key]
    let inputs: [Expression]
    let inputNames: [String]
    let measures: [Measure]
    /// Per input: whether its values are counted and nothing else, so that they may be of any type.
    let isOnlyCounted: [Bool]
    /// The inputs that quantiles are taken of.
    let sketchedInputs: [Int]

    /// Compiles the options; `location` is the stage's, for what has no place of its own.
    init(_ options: AggregateOptions, at location: SourceLocation?) throws(Diagnostic) {
        func refuse(_ message: String) -> Diagnostic { Diagnostic(.error, message, at: location) }
        windowMilliseconds = options.window.wholeMilliseconds
        latenessMilliseconds = options.allowedLateness.wholeMilliseconds
        guard windowMilliseconds >= 1, windowMilliseconds <= 366 * 86_400_000 else {
            throw refuse("an aggregate's window lasts 1 ms to 366 days")
        }
        guard latenessMilliseconds >= 0, latenessMilliseconds <= 366 * 86_400_000 else {
            throw refuse("an aggregate's allowed lateness is 0 to 366 days")
        }
        guard !options.measures.isEmpty else {
            throw refuse("an aggregate needs a measure, such as { count: {} }")
        }
        time = try Expression.compile(options.time ?? SourceText("time"))
        if time.type == .bool { throw Diagnostic(.error, "a time is text or milliseconds", at: options.time?.location) }
        var names: Set<String> = ["window_start", "window_end"]
        for name in options.groupBy.map(\.name) + options.measures.map(\.name) where !names.insert(name).inserted {
            throw refuse("the aggregate's field '\(name)' is there twice; rename one")
        }
        keys = try Self.compileKeys(options.groupBy)
        (measures, inputs, inputNames) = try Self.compileMeasures(options.measures, at: location)
        let calculated = Set(measures.filter { $0.function != .count }.compactMap(\.input))
        isOnlyCounted = inputs.indices.map { !calculated.contains($0) }
        sketchedInputs = Set(
            measures.compactMap { measure in
                if case .quantile = measure.function { measure.input } else { nil }
            }
        ).sorted()
    }

    private static func compileKeys(_ keys: [AggregateOptions.GroupKey]) throws(Diagnostic) -> [Key] {
        var compiled: [Key] = []
        for key in keys {
            var prefix: [UInt8] = compiled.isEmpty ? [] : [UInt8(ascii: ",")]
            JSONWriter.appendString(key.name.utf8, to: &prefix)
            prefix.append(UInt8(ascii: ":"))
            compiled.append(Key(expression: try Expression.compile(key.expression), prefix: prefix))
        }
        return compiled
    }

    private static func compileMeasures(
        _ options: [AggregateOptions.Measure], at location: SourceLocation?
    ) throws(Diagnostic) -> (measures: [Measure], inputs: [Expression], names: [String]) {
        var measures: [Measure] = []
        var inputs: [Expression] = []
        var texts: [String] = []
        for measure in options {
            var input: Int?
            if let source = measure.of {
                input = texts.firstIndex(of: source.text)
                if input == nil {
                    let expression = try Expression.compile(source)
                    if expression.type == .text || expression.type == .bool, measure.function != .count {
                        throw Diagnostic(
                            .error, "the measure '\(measure.name)' is taken of numbers", at: source.location)
                    }
                    input = inputs.count
                    inputs.append(expression)
                    texts.append(source.text)
                }
            } else if measure.function != .count {
                throw Diagnostic(
                    .error, "the measure '\(measure.name)' needs 'of', the field it is taken of", at: location)
            }
            if case .quantile(let fraction) = measure.function, !(0...1).contains(fraction) {
                throw Diagnostic(
                    .error, "the quantile of '\(measure.name)' must lie between 0 and 1, such as 0.99",
                    at: measure.of?.location ?? location)
            }
            var prefix = [UInt8(ascii: ",")]
            JSONWriter.appendString(measure.name.utf8, to: &prefix)
            prefix.append(UInt8(ascii: ":"))
            measures.append(Measure(function: measure.function, input: input, prefix: prefix))
        }
        return (measures, inputs, texts)
    }

    /// Where the window that `time` lies in begins.
    func windowStart(_ time: Int64) -> Int64 {
        let remainder = time % windowMilliseconds
        return time - (remainder < 0 ? remainder + windowMilliseconds : remainder)
    }

    /// An empty table for a window's groups.
    func makeTable() -> GroupTable { GroupTable(inputCount: inputs.count, sketchedInputs: sketchedInputs) }

    /// Appends the JSON object of one group of the window that starts at `start`.
    func appendResult(_ table: GroupTable, _ group: Int, start: Int64, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"window_start":""#.utf8)
        RFC3339.append(start, to: &bytes)
        bytes.append(contentsOf: #"","window_end":""#.utf8)
        RFC3339.append(start + windowMilliseconds, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        if !keys.isEmpty {
            bytes.append(UInt8(ascii: ","))
            bytes.append(contentsOf: table.key(of: group))
        }
        for measure in measures {
            bytes.append(contentsOf: measure.prefix)
            result(measure, table, group).appendJSON(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private func result(_ measure: Measure, _ table: GroupTable, _ group: Int) -> ExpressionValue {
        guard let input = measure.input else { return .integer(Int64(table.recordCount(of: group))) }
        let accumulator = table.accumulator(input, of: group)
        switch measure.function {
        case .count: return .integer(Int64(accumulator.count))
        case .sum: return accumulator.sum
        case .min: return accumulator.count > 0 ? .decimal(accumulator.minimum) : .null
        case .max: return accumulator.count > 0 ? .decimal(accumulator.maximum) : .null
        case .mean: return accumulator.mean
        case .quantile(let fraction):
            return table.sketch(input, of: group)?.quantile(fraction).map { .decimal($0) } ?? .null
        }
    }
}

extension Expression {
    /// Parses the text; an error becomes a finding about the configuration.
    static func compile(_ source: SourceText) throws(Diagnostic) -> Expression {
        do { return try Expression(parsing: source) } catch { throw error.diagnostic }
    }

    /// As `compile`, for a text that is to be true or false.
    static func compileCondition(_ source: SourceText) throws(Diagnostic) -> Expression {
        do { return try Expression(parsingCondition: source) } catch { throw error.diagnostic }
    }
}

extension Duration {
    /// The duration in milliseconds, cut off, and no more than `Int64` holds.
    fileprivate var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflow || sumOverflow ? (seconds < 0 ? .min : .max) : sum
    }
}
