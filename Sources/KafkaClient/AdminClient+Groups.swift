import CRdKafka
import Records

/// A consumer group as its coordinator knows it.
package struct GroupDescription: Sendable {
    package struct Member: Sendable {
        package let id: String
        package let clientID: String
        /// The name under which a static member comes back.
        package let instanceID: String?
        package let host: String
        package let partitions: [TopicPartition]
    }

    package let name: String
    /// Kafka's word: Stable, Empty, Dead, PreparingRebalance, CompletingRebalance, Unknown.
    package let state: String
    package let assignor: String
    package let coordinator: Int32?
    package let members: [Member]
}

extension AdminClient {
    /// The groups of the cluster with their states, by name.
    package func groups(timeout: Duration) throws(KafkaClientError) -> [(name: String, state: String)] {
        try perform(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, timeout: timeout) { options, queue in
            rd_kafka_ListConsumerGroups(handle.raw, options, queue)
        } read: { (event) throws(KafkaClientError) in
            let answer = rd_kafka_event_ListConsumerGroups_result(event)
            // A broker that did not answer hides its groups: better none of them than some.
            if let error = Self.elements({ rd_kafka_ListConsumerGroups_result_errors(answer, $0) }).first {
                let text = String(cString: rd_kafka_error_string(error))
                throw KafkaClientError(rd_kafka_error_code(error), message: text)
            }
            return Self.elements { rd_kafka_ListConsumerGroups_result_valid(answer, $0) }.map { group in
                let state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupListing_state(group))
                return (
                    name: String(cString: rd_kafka_ConsumerGroupListing_group_id(group)),
                    state: state.map { String(cString: $0) } ?? "Unknown"
                )
            }.sorted { $0.name < $1.name }
        }
    }

    /// A group's state and members; one that does not exist is Dead and has none.
    package func describe(group: String, timeout: Duration) throws(KafkaClientError) -> GroupDescription {
        let found = try perform(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeout: timeout) { options, queue in
            group.withCString { name in
                var names: [UnsafePointer<CChar>?] = [name]
                rd_kafka_DescribeConsumerGroups(handle.raw, &names, 1, options, queue)
            }
        } read: { (event) throws(KafkaClientError) -> GroupDescription? in
            let answer = rd_kafka_event_DescribeConsumerGroups_result(event)
            guard let raw = Self.elements({ rd_kafka_DescribeConsumerGroups_result_groups(answer, $0) }).first else {
                return nil
            }
            if let error = rd_kafka_ConsumerGroupDescription_error(raw) {
                let text = String(cString: rd_kafka_error_string(error))
                throw KafkaClientError(rd_kafka_error_code(error), subject: group, message: text)
            }
            return GroupDescription(raw)
        }
        guard let found else { throw KafkaClientError(RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, subject: group) }
        return found
    }

    /// What a group has committed, in the order of topics and partitions.
    package func committed(group: String, timeout: Duration) throws(KafkaClientError) -> [PartitionOffset] {
        var request = rd_kafka_ListConsumerGroupOffsets_new(group, nil)
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let places = try perform(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout: timeout) { options, queue in
            rd_kafka_ListConsumerGroupOffsets(handle.raw, &request, 1, options, queue)
        } read: { (event) throws(KafkaClientError) in
            let answer = rd_kafka_event_ListConsumerGroupOffsets_result(event)
            return try Self.groupPlaces { rd_kafka_ListConsumerGroupOffsets_result_groups(answer, $0) }
        }
        return places.filter { $0.offset >= 0 }.sorted { $0.partition < $1.partition }
    }

    /// Commits places for a group that has no members.
    package func commit(
        _ places: [PartitionOffset], for group: String, timeout: Duration
    ) throws(KafkaClientError) {
        var request = PartitionList(places).lend { rd_kafka_AlterConsumerGroupOffsets_new(group, $0) }
        defer { rd_kafka_AlterConsumerGroupOffsets_destroy(request) }
        _ = try perform(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, timeout: timeout) { options, queue in
            rd_kafka_AlterConsumerGroupOffsets(handle.raw, &request, 1, options, queue)
        } read: { (event) throws(KafkaClientError) in
            let answer = rd_kafka_event_AlterConsumerGroupOffsets_result(event)
            return try Self.groupPlaces { rd_kafka_AlterConsumerGroupOffsets_result_groups(answer, $0) }
        }
    }

    /// Deletes groups with what they have committed; each succeeds or fails by itself.
    package func deleteGroups(_ names: [String], timeout: Duration) throws(KafkaClientError) -> [Result] {
        var requests = names.map { rd_kafka_DeleteGroup_new($0) }
        defer { for request in requests { rd_kafka_DeleteGroup_destroy(request) } }
        return try perform(RD_KAFKA_ADMIN_OP_DELETEGROUPS, timeout: timeout) { options, queue in
            rd_kafka_DeleteGroups(handle.raw, &requests, requests.count, options, queue)
        } read: { event in
            let answer = rd_kafka_event_DeleteGroups_result(event)
            return Self.elements { rd_kafka_DeleteGroups_result_groups(answer, $0) }.map { result in
                Result(
                    name: String(cString: rd_kafka_group_result_name(result)), error: Self.groupError(result))
            }
        }
    }

    /// The places in the results of all groups; the first error of a group or a partition is thrown.
    private static func groupPlaces(
        _ array: (_ count: UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(KafkaClientError) -> [PartitionOffset] {
        var places: [PartitionOffset] = []
        for result in elements(array) {
            if let error = groupError(result) { throw error }
            guard let list = rd_kafka_group_result_partitions(result) else { continue }
            if let error = PartitionList.firstError(in: list) { throw error }
            places += PartitionList.places(in: list)
        }
        return places
    }

    private static func groupError(_ result: OpaquePointer) -> KafkaClientError? {
        guard let error = rd_kafka_group_result_error(result) else { return nil }
        return KafkaClientError(
            rd_kafka_error_code(error), subject: String(cString: rd_kafka_group_result_name(result)),
            message: String(cString: rd_kafka_error_string(error)))
    }
}

extension GroupDescription {
    init(_ raw: OpaquePointer) {
        name = String(cString: rd_kafka_ConsumerGroupDescription_group_id(raw))
        let known = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(raw))
        state = known.map { String(cString: $0) } ?? "Unknown"
        assignor = rd_kafka_ConsumerGroupDescription_partition_assignor(raw).map { String(cString: $0) } ?? ""
        coordinator = rd_kafka_ConsumerGroupDescription_coordinator(raw).map { rd_kafka_Node_id($0) }
        members = (0..<rd_kafka_ConsumerGroupDescription_member_count(raw)).compactMap { index in
            rd_kafka_ConsumerGroupDescription_member(raw, index).map(Member.init)
        }
    }
}

extension GroupDescription.Member {
    init(_ raw: OpaquePointer) {
        id = String(cString: rd_kafka_MemberDescription_consumer_id(raw))
        clientID = String(cString: rd_kafka_MemberDescription_client_id(raw))
        instanceID = rd_kafka_MemberDescription_group_instance_id(raw).map { String(cString: $0) }
        host = String(cString: rd_kafka_MemberDescription_host(raw))
        let assignment = rd_kafka_MemberDescription_assignment(raw)
        let list = assignment.flatMap { rd_kafka_MemberAssignment_partitions($0) }
        partitions = list.map { PartitionList.places(in: $0).map(\.partition) } ?? []
    }
}
