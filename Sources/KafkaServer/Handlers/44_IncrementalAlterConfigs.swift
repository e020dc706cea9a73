import BrokerCore
import KafkaProtocol

extension Service {
    /// Carries the changes of each topic, or of the broker, out: all of them, or none.
    func incrementalAlterConfigs(_ request: IncrementalAlterConfigsRequest) async -> AlterConfigsResponse {
        await alter(request.resources.map(\.resource)) { place throws(AdminRefusal) in
            let wanted = request.resources[place]
            let changes = try wanted.changes.map(configChange)
            try await configure(wanted.resource, changes, replacing: false, isTrial: request.isTrial)
        }
    }

    private func configChange(
        _ change: IncrementalAlterConfigsRequest.Change
    ) throws(AdminRefusal) -> TopicConfigChange {
        switch change.operation {
        case .delete: .reset(change.name)
        case .set: .set(change.name, to: try given(change.value, for: change.name))
        case .append: .append(change.name, try given(change.value, for: change.name))
        case .subtract: .subtract(change.name, try given(change.value, for: change.name))
        case nil: throw AdminRefusal(.invalidRequest, "what is to be done with '\(change.name)' is not known here")
        }
    }
}
