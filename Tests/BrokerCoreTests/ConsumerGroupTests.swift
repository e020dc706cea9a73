import Records
import TestSupport
import Testing

@testable import BrokerCore

@Suite("The consumer group's state machine")
struct ConsumerGroupTests {
    private let six = (0..<6).map { TopicPartition("t", $0) }

    private func parts(_ numbers: Int32...) -> [TopicPartition] { numbers.map { TopicPartition("t", $0) } }

    @Test("a lone member gets everything at its first poll, once")
    func aloneMember() throws {
        var group = ConsumerGroup()
        #expect(try group.handle(.joined(1, six)) == [.wake(1)])
        #expect(try group.handle(.polled(1)) == [.assign(six)])
        #expect(try group.handle(.polled(1)) == [])
        #expect(group.generation == 1)
    }

    @Test("moved partitions stay with the old owner until it polls after it was told")
    func cooperativeRebalance() throws {
        var group = ConsumerGroup()
        _ = try group.handle(.joined(1, six))
        _ = try group.handle(.polled(1))
        #expect(try group.handle(.joined(2, six)) == [.wake(1)])
        #expect(try group.handle(.polled(2)) == [])

        #expect(try group.handle(.polled(1)) == [.revoke(parts(3, 4, 5))])
        // Told, but not gone: the last positions can still be committed.
        _ = try group.handle(.commitBegan(1, parts(3, 4, 5)))
        #expect(try group.handle(.commitEnded(1)) == [.wake(1)])
        #expect(try group.handle(.polled(2)) == [])

        #expect(try group.handle(.polled(1)) == [.wake(2)])
        #expect(try group.handle(.polled(2)) == [.assign(parts(3, 4, 5))])
        #expect(throws: BrokerError.self) { try group.handle(.commitBegan(1, parts(3))) }
        _ = try group.handle(.commitBegan(1, parts(0, 1, 2)))
    }

    @Test("what an owner was never told of moves without waiting for it")
    func unannounced() throws {
        var group = ConsumerGroup()
        _ = try group.handle(.joined(1, six))
        _ = try group.handle(.joined(2, six))
        #expect(try group.handle(.polled(2)) == [.assign(parts(3, 4, 5))])
        #expect(try group.handle(.polled(1)) == [.assign(parts(0, 1, 2))])
    }

    @Test("the partitions of a member that leaves go to those that stay")
    func leaving() throws {
        var group = ConsumerGroup()
        _ = try group.handle(.joined(1, six))
        _ = try group.handle(.joined(2, six))
        _ = try group.handle(.polled(1))
        _ = try group.handle(.polled(2))
        #expect(try group.handle(.left(2)) == [.wake(2), .wake(1)])
        #expect(try group.handle(.polled(1)) == [.assign(parts(3, 4, 5))])
        #expect(try group.handle(.left(1)) == [.wake(1), .dissolved])
        #expect(group.isEmpty)
    }

    @Test("a member that leaves while it commits keeps its partitions until the commit has ended")
    func leavingDuringCommit() throws {
        var group = ConsumerGroup()
        _ = try group.handle(.joined(1, parts(0)))
        _ = try group.handle(.polled(1))
        _ = try group.handle(.joined(2, parts(0)))
        _ = try group.handle(.commitBegan(1, parts(0)))
        #expect(try group.handle(.left(1)) == [.wake(1)])
        #expect(try group.handle(.polled(2)) == [])
        #expect(try group.handle(.commitEnded(1)) == [.wake(2)])
        #expect(try group.handle(.polled(2)) == [.assign(parts(0))])
    }

    @Test("a member told to give up partitions keeps them while it commits, also when it polls")
    func pollingDuringCommit() throws {
        var group = ConsumerGroup()
        _ = try group.handle(.joined(1, six))
        _ = try group.handle(.polled(1))
        _ = try group.handle(.joined(2, six))
        #expect(try group.handle(.polled(1)) == [.revoke(parts(3, 4, 5))])
        _ = try group.handle(.commitBegan(1, parts(0)))
        #expect(try group.handle(.polled(1)) == [])
        #expect(try group.handle(.polled(2)) == [])
        #expect(try group.handle(.commitEnded(1)) == [.wake(1)])
        #expect(try group.handle(.polled(1)) == [.wake(2)])
    }

    @Test("a member that has left, or was never told of a partition, is fenced")
    func fencing() throws {
        var group = ConsumerGroup()
        _ = try group.handle(.joined(1, parts(0)))
        let fenced = #expect(throws: BrokerError.self) { try group.handle(.commitBegan(1, parts(0))) }
        #expect(fenced?.code == .fenced)
        _ = try group.handle(.left(1))
        let left = #expect(throws: BrokerError.self) { try group.handle(.commitBegan(1, [])) }
        #expect(left?.code == .fenced)
    }

    @Test("a deleted topic's partitions are taken away at once")
    func deletedTopic() throws {
        var group = ConsumerGroup()
        _ = try group.handle(.joined(1, six + [TopicPartition("u")]))
        _ = try group.handle(.polled(1))
        #expect(try group.handle(.topicDeleted("t")) == [])
        #expect(group.partitions(of: 1) == [TopicPartition("u")])
    }

    @Test("whatever happens in whatever order: one owner per partition, and everything is given out evenly in the end")
    func randomEvents() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var group = ConsumerGroup()
            var members: [ConsumerGroup.MemberID] = []
            var told: [ConsumerGroup.MemberID: Set<TopicPartition>] = [:]
            var owned: [ConsumerGroup.MemberID: Set<TopicPartition>] = [:]
            func poll(_ member: ConsumerGroup.MemberID) throws {
                owned[member]?.subtract(told[member] ?? [])
                told[member] = []
                for action in try group.handle(.polled(member)) {
                    switch action {
                    case .assign(let partitions): owned[member, default: []].formUnion(partitions)
                    case .revoke(let partitions): told[member, default: []].formUnion(partitions)
                    case .wake, .dissolved: break
                    }
                }
                let all = owned.values.flatMap { $0 }
                #expect(Set(all).count == all.count, "a partition with two owners")
            }
            for id in 1...40 as ClosedRange<ConsumerGroup.MemberID> {
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    _ = try group.handle(.joined(id, six))
                    members.append(id)
                case 1:
                    guard let member = members.randomElement(using: &random) else { continue }
                    members.removeAll { $0 == member }
                    owned[member] = nil
                    _ = try group.handle(.left(member))
                default:
                    if let member = members.randomElement(using: &random) { try poll(member) }
                }
            }
            for _ in 0..<4 { for member in members { try poll(member) } }
            guard !members.isEmpty else { continue }
            let sizes = members.map { owned[$0]?.count ?? 0 }
            #expect(sizes.reduce(0, +) == six.count)
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        }
    }
}
