import BrokerCore
import KafkaProtocol

extension Service {
    /// Carries the changes of each topic out: all of them, or none.
    func incrementalAlterConfigs(_ request: IncrementalAlterConfigsRequest) async -> AlterConfigsResponse {
        await alter(request.resources.map(\.resource)) { place throws(AdminRefusal) in
            let wanted = request.resources[place]
            let topic = try alterable(wanted.resource, wanted.changes.map(\.name))
            if let name = repeated(wanted.changes.map(\.name)).first {
                throw AdminRefusal(.invalidRequest, "the config '\(name)' is changed twice")
            }
            let changes = try wanted.changes.map(configChange)
            try await AdminRefusal.orResult(invalid: .invalidConfig) { () throws(BrokerError) in
                try await broker.configure(topic.name, changes, isTrial: request.isTrial)
            }
        }
    }

    private func configChange(
        _ change: IncrementalAlterConfigsRequest.Change
    ) throws(AdminRefusal) -> TopicConfigChange {
        guard let operation = change.operation else {
            throw AdminRefusal(.invalidRequest, "what is to be done with '\(change.name)' is not known here")
        }
        if operation == .delete { return .reset(change.name) }
        guard let value = change.value else {
            throw AdminRefusal(.invalidRequest, "the config '\(change.name)' has no value")
        }
        return switch operation {
        case .append: .append(change.name, value)
        case .subtract: .subtract(change.name, value)
        case .set, .delete: .set(change.name, to: value)
        }
    }
}
