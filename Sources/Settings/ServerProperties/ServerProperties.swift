/// What a `server.properties` of Apache Kafka says, as far as it means anything to one broker on one machine.
package struct ServerProperties: DefaultedSettings {
    package static let defaults = ServerProperties()

    /// What the keys are applied to.
    package var settings: BrokerSettings
    /// `listeners` and `advertised.listeners`, understood once all keys are read: they depend on one another.
    var listeners: ConfigText?
    var advertisedListeners: ConfigText?
    /// Whether an address was said before the file: it may still win.
    let listensElsewhere: Bool
    /// The protocol of each listener's name (`listener.security.protocol.map`), beside those that are named after their protocol.
    var protocols: [String: String] = [:]
    /// The listeners of a controller, which there is none of here (`controller.listener.names`).
    var controllerListeners: Set<String> = []

    /// Prepares to apply a file's keys.
    package init(_ settings: BrokerSettings = BrokerSettings()) {
        self.settings = settings
        listensElsewhere = settings.embedded.listen != .usual
    }

    /// Every key that is known: those that take effect, then the others.
    package static let keys: [ConfigKey] = fields.map(\.key) + withoutEffect + refused

    /// Works out what depends on several keys.
    /// - Returns: what is wrong with it.
    package mutating func finish() -> [Diagnostic] {
        var findings: [Diagnostic] = []
        do throws(Diagnostic) {
            try applyListeners()
        } catch {
            findings.append(error)
        }
        return findings
    }
}
