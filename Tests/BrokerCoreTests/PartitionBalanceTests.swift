import Records
import Testing

@testable import BrokerCore

@Suite("The balance of partitions")
struct PartitionBalanceTests {
    private let six = Set((0..<6).map { TopicPartition("t", $0) })

    @Test("what nobody has is spread evenly")
    func spread() {
        let target = PartitionBalance.target(subscriptions: [1: six, 2: six, 3: six], owners: [:], leaving: [])
        #expect(Dictionary(grouping: target.values) { $0 }.mapValues(\.count) == [1: 2, 2: 2, 3: 2])
    }

    @Test("a newcomer takes no more than its share, and nothing else moves")
    func stickiness() {
        let owners = Dictionary(uniqueKeysWithValues: six.map { ($0, $0.partition < 3 ? 1 : 2 as UInt64) })
        let target = PartitionBalance.target(subscriptions: [1: six, 2: six, 3: six], owners: owners, leaving: [])
        #expect(target.count { $1 == 3 } == 2)
        #expect(target.allSatisfy { $1 == 3 || owners[$0] == $1 })
    }

    @Test("partitions already on their way are the ones that move")
    func leaving() {
        let owners = Dictionary(uniqueKeysWithValues: six.map { ($0, 1 as UInt64) })
        let leaving: Set = [TopicPartition("t", 1), TopicPartition("t", 3), TopicPartition("t", 5)]
        let target = PartitionBalance.target(subscriptions: [1: six, 2: six], owners: owners, leaving: leaving)
        #expect(Set(target.filter { $1 == 2 }.keys) == leaving)
    }

    @Test("only a subscriber gets a partition")
    func subscriptions() {
        let other: Set = [TopicPartition("u", 0)]
        let target = PartitionBalance.target(subscriptions: [1: six, 2: other], owners: [:], leaving: [])
        #expect(target.allSatisfy { $0.topic == "u" ? $1 == 2 : $1 == 1 })
        #expect(target.count == 7)
    }
}
