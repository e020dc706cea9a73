/// Kafka's rules for a topic's name.
package enum TopicName {
    static let lengthMax = 249

    /// - Throws: `.invalid`, with the rule that is broken.
    package static func validate(_ name: String) throws(BrokerError) {
        guard !name.isEmpty else { throw BrokerError(.invalid, "a topic's name cannot be empty") }
        guard name != ".", name != ".." else { throw BrokerError(.invalid, "a topic cannot be named '\(name)'") }
        guard name.utf8.count <= lengthMax else {
            throw BrokerError(
                .invalid,
                "the topic's name has \(name.utf8.count) characters, at most \(lengthMax) are allowed: '\(name)'")
        }
        guard let wrong = name.unicodeScalars.first(where: { !isAllowed($0) }) else { return }
        throw BrokerError(
            .invalid,
            "the topic's name '\(name)' has the character '\(wrong)'; letters, digits, '.', '_' and '-' are allowed")
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
    }
}
