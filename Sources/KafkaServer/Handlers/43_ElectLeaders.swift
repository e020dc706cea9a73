import KafkaProtocol

extension Service {
    /// This broker leads everything, so no election is needed. Where all partitions are meant, those without need are not named, as in Kafka.
    func electLeaders(_ request: ElectLeadersRequest) -> ElectLeadersResponse {
        ElectLeadersResponse(
            topics: (request.topics ?? []).map { wanted in
                let topic = broker.topic(named: wanted.name)
                let partitions = wanted.partitions.map { index in
                    topic?[index] == nil
                        ? ElectLeadersResponse.Partition(
                            index: index, error: .unknownTopicOrPartition, message: "there is no such partition")
                        : ElectLeadersResponse.Partition(
                            index: index, error: .electionNotNeeded, message: "the one broker leads every partition")
                }
                return ElectLeadersResponse.Topic(name: wanted.name, partitions: partitions)
            })
    }

    func listPartitionReassignments(_ request: ListPartitionReassignmentsRequest) -> ListPartitionReassignmentsResponse
    {
        ListPartitionReassignmentsResponse()
    }
}
