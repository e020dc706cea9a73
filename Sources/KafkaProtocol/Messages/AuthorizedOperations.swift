/// What a client may do with a resource, as the bits of Apache Kafka's `AclOperation` codes (KIP-430): everything, since nobody has to say who they are.
package struct AuthorizedOperations: Sendable {
    let bits: Int32

    private init(_ operations: Operation...) { bits = operations.reduce(0) { $0 | 1 << Int32($1.rawValue) } }

    /// Codes of `AclOperation`.
    private enum Operation: Int8 {
        case read = 3
        case write = 4
        case create = 5
        case delete = 6
        case alter = 7
        case describe = 8
        case clusterAction = 9
        case describeConfigs = 10
        case alterConfigs = 11
        case idempotentWrite = 12
    }

    static let topic = AuthorizedOperations(
        .read, .write, .create, .delete, .alter, .describe, .describeConfigs, .alterConfigs)
    static let readOnlyTopic = AuthorizedOperations(.read, .describe, .describeConfigs)
    static let group = AuthorizedOperations(.read, .delete, .describe)
    static let cluster = AuthorizedOperations(
        .create, .alter, .describe, .clusterAction, .describeConfigs, .alterConfigs, .idempotentWrite)
}

extension FrameWriter {
    /// What may be done, or that it was not asked.
    mutating func operations(_ operations: AuthorizedOperations, areAsked: Bool) {
        int32(areAsked ? operations.bits : .min)
    }
}
