/// Why the server cannot run: the one error type of this module.
package struct KafkaServerError: Error, Sendable, CustomStringConvertible {
    /// What happened and what to do.
    package let description: String

    init(_ description: String) { self.description = description }
}
