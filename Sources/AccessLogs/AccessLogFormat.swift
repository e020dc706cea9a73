/// A compiled format of web-server log lines: scans lines into fields, writes fields as lines, and turns lines into JSON.
///
/// A line is accepted only when rendering its fields gives it back byte for byte and no other division of it into fields does; what is not accepted is
/// rejected whole. Immutable, so one serves all threads; each thread has its own `ScannedLine`. A class, so that a call counts one reference and not
/// those of all its arrays.
package final class AccessLogFormat: Sendable {
    /// nginx's `escape=` parameter of `log_format`.
    package enum Escape: String, Sendable, CaseIterable {
        /// `\xHH` for what could break the line; nginx's default.
        case `default`
        /// The escapes of JSON strings.
        case json
        /// Nothing is escaped; lines whose fields cannot be told apart with certainty are rejected.
        case none
    }

    /// A variable of the format.
    package struct Field: Equatable, Sendable {
        /// The variable's name without `$`; for an Apache directive the name of nginx's equivalent.
        package internal(set) var name: String
        /// What it holds.
        package let kind: FieldKind
    }

    /// What divides a line.
    enum Engine: Sendable {
        case template(LineTemplate)
        case nginxError
        case json
    }

    /// The highest number of variables in a format.
    package static let fieldCountMax = 64

    /// The names that `named(_:)` knows.
    package static let names = ["combined", "common", "vhost_combined", "nginx-error", "json"]

    /// The format's variables in their order. One for `json`: the whole line.
    package let fields: [Field]
    let engine: Engine
    let layout: JSONLayout
    /// The engine's template, which `engine` keeps alive as long as this value lives. A strong reference would be retained and released for each line, a
    /// ninth of the time of a scan.
    private let template: Unmanaged<LineTemplate>?

    private init(engine: Engine, fields: [Field]) throws(AccessLogFormatError) {
        if fields.contains(where: { $0.name == JSONLayout.notTextName }) {
            throw AccessLogFormatError(.syntax, "the variable name '\(JSONLayout.notTextName)' is taken; rename it")
        }
        self.engine = engine
        if case .template(let template) = engine {
            self.template = Unmanaged.passUnretained(template)
        } else {
            template = nil
        }
        self.fields = fields
        layout = JSONLayout(fields: fields)
    }

    private convenience init(pieces: [LineTemplate.Piece], escapes: [LogEscape]) throws(AccessLogFormatError) {
        let template = try LineTemplate(pieces, escapes: escapes)
        var fields: [Field] = []
        for case .field(let field, _) in pieces { fields.append(field) }
        try self.init(engine: .template(template), fields: fields)
    }

    /// Compiles the string of an nginx `log_format`, as it stands between its quotes in nginx.conf (several quoted strings joined).
    ///
    /// - Throws: `AccessLogFormatError` with the byte offset in the string.
    package static func nginx(
        _ logFormat: String, escape: Escape = .default
    ) throws(AccessLogFormatError) -> AccessLogFormat {
        let escapes: [LogEscape] =
            switch escape {
            case .default: [.nginxDefault]
            case .json: [.json]
            case .none: [.none]
            }
        return try AccessLogFormat(pieces: NginxLogFormat.pieces(logFormat), escapes: escapes)
    }

    /// Compiles the string of an Apache `LogFormat`, as it stands between its quotes in the configuration.
    ///
    /// - Throws: `AccessLogFormatError` with the byte offset in the string.
    package static func apache(_ logFormat: String) throws(AccessLogFormatError) -> AccessLogFormat {
        try AccessLogFormat(pieces: ApacheLogFormat.pieces(logFormat), escapes: [.apache])
    }

    /// A format by its name: `combined`, `common`, `vhost_combined`, `nginx-error` or `json`.
    ///
    /// The first three accept what nginx and what Apache write under these names: each line in the escaping of one of the two.
    /// - Throws: `AccessLogFormatError` with code `unknownName` and the names that exist.
    package static func named(_ name: String) throws(AccessLogFormatError) -> AccessLogFormat {
        let common = #"$remote_addr - $remote_user [$time_local] "$request" $status "#
        let agent = #" "$http_referer" "$http_user_agent""#
        let either: [LogEscape] = [.nginxDefault, .apache]
        switch name {
        case "combined":
            return try AccessLogFormat(
                pieces: NginxLogFormat.pieces(common + "$body_bytes_sent" + agent), escapes: either)
        case "common":
            return try AccessLogFormat(pieces: NginxLogFormat.pieces(common + "$body_bytes_sent"), escapes: either)
        case "vhost_combined":
            return try AccessLogFormat(
                pieces: NginxLogFormat.pieces("$server_name:$server_port " + common + "$bytes_sent" + agent),
                escapes: either)
        case "nginx-error":
            return try AccessLogFormat(engine: .nginxError, fields: NginxErrorLine.fields)
        case "json":
            return try AccessLogFormat(engine: .json, fields: [Field(name: "json", kind: .object)])
        default:
            throw AccessLogFormatError(
                .unknownName, "no format is named '\(name)'; there are \(names.joined(separator: ", "))")
        }
    }

    /// A format as a user writes it: one of the names, an Apache `LogFormat` (which has `%` and no `$`) or an nginx `log_format`.
    ///
    /// - Throws: `AccessLogFormatError` with the byte offset in the string, or with code `unknownName` for a single word that is no name.
    package static func described(
        by text: String, escape: Escape = .default
    ) throws(AccessLogFormatError) -> AccessLogFormat {
        if text.contains("$") { return try nginx(text, escape: escape) }
        if text.contains("%") { return try apache(text) }
        return try named(text)
    }

    /// Divides a line, without its line break, into the format's fields. Allocates nothing once `scanned` has been used with this format.
    ///
    /// - Returns: Whether the line is accepted; when not, `scanned.rejection` says why.
    package func scan(_ line: Span<UInt8>, into scanned: inout ScannedLine) -> Bool {
        line.withUnsafeBytes { bytes in
            if let template { return template._withUnsafeGuaranteedRef { $0.scan(bytes, into: &scanned) } }
            if case .json = engine { return JSONObjectLine.scan(bytes, into: &scanned) }
            return NginxErrorLine.scan(bytes, into: &scanned)
        }
    }

    /// The unescaped value of a field of a line that was accepted; nil for a variable that did not exist.
    ///
    /// In a template `-` (or nothing, under escape=json and none) is nil, as the server writes it for that.
    package func value(of field: Int, in scanned: ScannedLine, of line: Span<UInt8>) -> [UInt8]? {
        line.withUnsafeBytes { bytes in
            guard let range = scanned.range(of: field), range.upperBound <= bytes.count, let base = bytes.baseAddress
            else { return nil }
            guard case .template(let template) = engine, template.steps.indices.contains(field) else {
                return Array(bytes[range])
            }
            if bytes[range].elementsEqual(scanned.escape.absentText) { return nil }
            let lexeme = template.steps[field].lexeme
            guard lexeme.isEscaped else { return Array(bytes[range]) }
            if lexeme == .user, scanned.escape == .apache, bytes[range].elementsEqual([0x22, 0x22]) { return [] }
            return Array(UnescapedBytes(base: base, range: range, escape: scanned.escape))
        }
    }

    /// Writes the line of these unescaped values, one for each field and nil where the variable does not exist, as the server does.
    ///
    /// - Parameter scanned: A line accepted by this format, whose server's escaping is used where the format allows for two.
    package func render(_ values: [[UInt8]?], like scanned: ScannedLine? = nil) -> [UInt8] {
        switch engine {
        case .template(let template):
            let escape = scanned?.escape ?? template.escapes[0]
            return template.render(values, escape: template.escapes.contains(escape) ? escape : template.escapes[0])
        case .nginxError: return NginxErrorLine.render(values)
        case .json: return values.first.flatMap { $0 } ?? []
        }
    }

    /// When an accepted line was written, in milliseconds since the epoch, by the first field of the format that tells; nil when none does.
    package func eventTime(_ scanned: borrowing ScannedLine, of line: Span<UInt8>) -> Int64? {
        line.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            if case .json = engine { return JSONObjectLine.eventTime(base, scanned.ranges) }
            guard let field = layout.timeField, scanned.ranges.indices.contains(field) else { return nil }
            let range = scanned.ranges[field]
            guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
            return EventTime.milliseconds(fields[field].kind, in: base, range: range)
        }
    }
}
