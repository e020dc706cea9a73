/// A stage declared in YAML under `stream.stages`.
public struct StageSettings: Sendable, Equatable {
    /// The stage's name, the stem of its bindings.
    public var name: String
    /// What it does.
    public var kind: Kind
    /// Where it is declared.
    public var location: SourceLocation?

    /// The built-in stages and their options.
    public enum Kind: Sendable, Equatable {
        /// `use: access-log`: a log line becomes JSON.
        case accessLog(AccessLogOptions)
        /// `use: filter`: records for which the expression is true go on.
        case filter(where: SourceText)
        /// `use: select`: fields are kept, dropped, renamed and masked.
        case select(SelectOptions)
        /// `use: route`: the first rule that holds names the destination.
        case route(RouteOptions)
        /// `use: aggregate`: tumbling windows of event time.
        case aggregate(AggregateOptions)
        /// `use: console`: records are printed.
        case console(ConsoleOptions)
        /// `use: file`: records are appended to a file.
        case file(FileOptions)
    }

    /// Creates a stage.
    public init(name: String, kind: Kind, location: SourceLocation? = nil) {
        self.name = name
        self.kind = kind
        self.location = location
    }
}

/// Options of `use: access-log`.
public struct AccessLogOptions: Sendable, Equatable {
    /// Whose grammar `format` is written in.
    public enum Server: String, Sendable, CaseIterable {
        /// nginx `log_format`.
        case nginx
        /// Apache `LogFormat`.
        case apache
    }
    /// A named format (`combined`, `common`, `vhost_combined`, `nginx-error`, `json`) or a format string.
    public var format: SourceText
    /// The grammar of a format string; nil: nginx where it has a `$`, Apache where it has a `%`.
    public var server: Server?
    /// nginx's `escape=`: default, json or none.
    public var escape: String

    /// Creates options.
    public init(format: SourceText, server: Server? = nil, escape: String = "default") {
        self.format = format
        self.server = server
        self.escape = escape
    }
}

/// Options of `use: select`; applied in the order keep, drop, rename, mask.
public struct SelectOptions: Sendable, Equatable {
    /// The only fields kept; nil keeps all.
    public var keep: [String]?
    /// Fields left out.
    public var drop: [String]
    /// Old name -> new name.
    public var rename: [String: String]
    /// Fields whose text is replaced by `***`; an IP address keeps its network part.
    public var mask: [String]

    /// Creates options.
    public init(keep: [String]? = nil, drop: [String] = [], rename: [String: String] = [:], mask: [String] = []) {
        self.keep = keep
        self.drop = drop
        self.rename = rename
        self.mask = mask
    }
}

/// Options of `use: route`.
public struct RouteOptions: Sendable, Equatable {
    /// One rule.
    public struct Rule: Sendable, Equatable {
        /// The condition.
        public var when: SourceText
        /// The topic it sends to.
        public var to: String

        /// Creates a rule.
        public init(when: SourceText, to: String) {
            self.when = when
            self.to = to
        }
    }
    /// The rules, tried in order.
    public var rules: [Rule]
    /// The topic of records that no rule takes; nil sends them to the stage's output binding, if it has one.
    public var otherwise: String?

    /// Creates options.
    public init(rules: [Rule], otherwise: String? = nil) {
        self.rules = rules
        self.otherwise = otherwise
    }
}

/// Options of `use: aggregate`.
public struct AggregateOptions: Sendable, Equatable {
    /// One output field.
    public struct Measure: Sendable, Equatable {
        /// The functions.
        public enum Function: Sendable, Equatable {
            /// The number of records.
            case count
            /// The sum of a field.
            case sum
            /// The least value of a field.
            case min
            /// The greatest value of a field.
            case max
            /// The mean of a field.
            case mean
            /// A quantile of a field, 0 to 1.
            case quantile(Double)
        }
        /// The output field's name.
        public var name: String
        /// The function.
        public var function: Function
        /// What it is taken of; nil for `count`.
        public var of: SourceText?

        /// Creates a measure.
        public init(name: String, function: Function, of: SourceText? = nil) {
            self.name = name
            self.function = function
            self.of = of
        }
    }
    /// The window's length.
    public var window: Duration
    /// How long after a window's end records are still counted.
    public var allowedLateness: Duration
    /// The expression of the event time: RFC 3339 text or milliseconds; nil is the field `time`.
    public var time: SourceText?
    /// The expressions whose values make the groups, by output field name, in order.
    public var groupBy: [GroupKey]
    /// The output fields.
    public var measures: [Measure]

    /// One grouping field.
    public struct GroupKey: Sendable, Equatable {
        /// The output field's name.
        public var name: String
        /// The expression.
        public var expression: SourceText

        /// Creates a grouping field.
        public init(name: String, expression: SourceText) {
            self.name = name
            self.expression = expression
        }
    }

    /// Creates options.
    public init(
        window: Duration, allowedLateness: Duration = .zero, time: SourceText? = nil, groupBy: [GroupKey] = [],
        measures: [Measure]
    ) {
        self.window = window
        self.allowedLateness = allowedLateness
        self.time = time
        self.groupBy = groupBy
        self.measures = measures
    }
}

/// Options of `use: console`.
public struct ConsoleOptions: Sendable, Equatable {
    /// Text with `{expression}` placeholders; nil prints the value as it is.
    public var template: SourceText?

    /// Creates options.
    public init(template: SourceText? = nil) { self.template = template }
}

/// Options of `use: file`.
public struct FileOptions: Sendable, Equatable {
    /// The file's path; it is created when missing and appended to.
    public var path: String
    /// What each record ends with.
    public var separator: String

    /// Creates options.
    public init(path: String, separator: String = "\n") {
        self.path = path
        self.separator = separator
    }
}
