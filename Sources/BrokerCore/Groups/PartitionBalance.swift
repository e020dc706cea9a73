import Records

/// Who should own which partition: as even as the subscriptions allow, moving as few as possible.
enum PartitionBalance {
    /// - Parameters:
    ///   - subscriptions: each member's partitions of interest.
    ///   - owners: the present owners; partitions without one are to be given out.
    ///   - leaving: partitions already on their way from their owner; when some must move, these do.
    /// - Returns: the member that should own each partition. Every input gives one result: ties go to the smaller member and partition.
    static func target(
        subscriptions: [ConsumerGroup.MemberID: Set<TopicPartition>],
        owners: [TopicPartition: ConsumerGroup.MemberID], leaving: Set<TopicPartition>
    ) -> [TopicPartition: ConsumerGroup.MemberID] {
        let members = subscriptions.keys.sorted()
        var target = owners.filter { subscriptions[$1]?.contains($0) == true }
        var load = Dictionary(uniqueKeysWithValues: members.map { ($0, 0) })
        for owner in target.values { load[owner, default: 0] += 1 }

        let all = subscriptions.values.reduce(into: Set<TopicPartition>()) { $0.formUnion($1) }
        let partitions = all.sorted()
        for partition in partitions where target[partition] == nil {
            let candidates = members.filter { subscriptions[$0]?.contains(partition) == true }
            guard let least = candidates.min(by: { (load[$0, default: 0], $0) < (load[$1, default: 0], $1) }) else {
                continue
            }
            target[partition] = least
            load[least, default: 0] += 1
        }
        // Each move lowers the sum of the squared loads, so this ends.
        let movingFirst = partitions.sorted { (leaving.contains($0) ? 0 : 1, $1) < (leaving.contains($1) ? 0 : 1, $0) }
        while let (partition, to) = move(movingFirst, target, load, members, subscriptions) {
            if let from = target[partition] { load[from, default: 0] -= 1 }
            target[partition] = to
            load[to, default: 0] += 1
        }
        return target
    }

    /// The first partition that some member with at least two fewer than its owner could take over.
    private static func move(
        _ partitions: [TopicPartition], _ target: [TopicPartition: ConsumerGroup.MemberID],
        _ load: [ConsumerGroup.MemberID: Int], _ members: [ConsumerGroup.MemberID],
        _ subscriptions: [ConsumerGroup.MemberID: Set<TopicPartition>]
    ) -> (TopicPartition, ConsumerGroup.MemberID)? {
        for partition in partitions {
            guard let owner = target[partition] else { continue }
            let takers = members.filter { member in
                subscriptions[member]?.contains(partition) == true
                    && load[member, default: 0] + 2 <= load[owner, default: 0]
            }
            if let least = takers.min(by: { (load[$0, default: 0], $0) < (load[$1, default: 0], $1) }) {
                return (partition, least)
            }
        }
        return nil
    }
}
