/// Why a format string was refused when it was compiled.
///
/// Lines that do not fit a compiled format are not errors: `AccessLogFormat.scan` answers false and `ScannedLine.rejection` says why.
package struct AccessLogFormatError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, for programs.
    package enum Code: Equatable, Sendable {
        /// The text is not in the syntax of `log_format` or `LogFormat`.
        case syntax
        /// A directive that this module does not know.
        case unknownDirective
        /// No format has this name.
        case unknownName
        /// Every line would be ambiguous, for example two text fields with nothing between them.
        case ambiguous
        /// More fields than `AccessLogFormat.fieldCountMax`, or none.
        case fieldCount
    }

    /// What is wrong, for programs.
    package let code: Code
    /// What is wrong and what to do, for people.
    package let message: String
    /// The byte offset in the format string, from 0; nil when the whole string is meant.
    package let offset: Int?

    init(_ code: Code, _ message: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
    }

    package var description: String {
        offset.map { "at byte \($0) of the format: \(message)" } ?? message
    }
}
