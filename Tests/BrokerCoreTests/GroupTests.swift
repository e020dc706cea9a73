import Foundation
import Records
import Settings
import TestSupport
import Testing

@testable import BrokerCore

@Suite("Consumer groups")
struct GroupTests {
    private let source = TopicPartition("t")

    private func opened(_ folder: TemporaryFolder, partitions: Int32 = 1) async throws -> Broker {
        let broker = try await Broker.open(directory: folder.path, settings: EmbeddedSettings(flush: .os))
        _ = try await broker.ensureTopic("t", partitions: partitions)
        return broker
    }

    @Test("a committed position and its metadata outlive a restart, and a crash")
    func durablePositions() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        _ = try await broker.append(batch(["a", "b", "c"]), to: source)
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        try await member.commit([source: CommittedPosition(offset: 2, metadata: "window=17 é")])
        let crashed = try TemporaryFolder.crashed(folder.path)
        try await broker.close()

        for directory in [folder.path, crashed.path] {
            let broker = try await Broker.open(directory: directory)
            let member = try broker.join(group: "g", topics: ["t"])
            let received = try await member.drain()
            #expect(received.assigned == [source: CommittedPosition(offset: 2, metadata: "window=17 é")])
            #expect(received.values == [source: ["c"]])
            try await broker.close()
        }
    }

    @Test("a group without positions starts where it says, and what comes later reaches it either way")
    func startOffsets() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        _ = try await broker.append(batch(["old"]), to: source)
        let earliest = try broker.join(group: "e", topics: ["t"], start: .earliest)
        let latest = try broker.join(group: "l", topics: ["t"], start: .latest)
        let anonymous = try broker.join(group: nil, topics: ["t"], start: .latest)
        #expect(try await earliest.drain().values == [source: ["old"]])
        #expect(try await latest.drain().values.isEmpty)
        #expect(try await anonymous.drain().values.isEmpty)
        _ = try await broker.append(batch(["new"]), to: source)
        for member in [earliest, latest, anonymous] { #expect(try await member.delivery() == ["new"]) }
        try await broker.close()
    }

    @Test("a rebalance before the first commit loses nothing of a group that started at the end")
    func latestKeepsItsStart() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        _ = try await broker.append(batch(["old"]), to: source)
        let first = try broker.join(group: "g", topics: ["t"], start: .latest)
        _ = try await first.drain()
        let second = try broker.join(group: "g", topics: ["t"], start: .latest)
        _ = try await broker.append(batch(["new"]), to: source)
        await first.close()
        #expect(try await second.drain().values == [source: ["new"]])
        try await broker.close()
    }

    @Test("two members share the partitions, two groups both get all")
    func competingAndIndependent() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder, partitions: 4)
        let one = try broker.join(group: "g", topics: ["t"])
        let two = try broker.join(group: "g", topics: ["t"])
        let other = try broker.join(group: "h", topics: ["t"])
        for partition in 0..<4 as Range<Int32> {
            _ = try await broker.append(batch(["p\(partition)"]), to: TopicPartition("t", partition))
        }
        let (first, second) = (try await one.drain(), try await two.drain())
        #expect(first.assigned.count == 2)
        #expect(second.assigned.count == 2)
        #expect(Set(first.assigned.keys).isDisjoint(with: second.assigned.keys))
        let shared = first.values.merging(second.values) { $0 + $1 }
        #expect(Set(shared.values.flatMap { $0 }) == ["p0", "p1", "p2", "p3"])
        #expect(shared == (try await other.drain()).values)
        try await broker.close()
    }

    @Test(
        "a newcomer gets its share once the old owner has been told and has called next again; then the old one is fenced"
    )
    func rebalance() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder, partitions: 2)
        let old = try broker.join(group: "g", topics: ["t"])
        #expect(try await old.drain().assigned.count == 2)
        _ = try await broker.append(batch(["a", "b"]), to: TopicPartition("t", 1))
        #expect(try await old.delivery() == ["a", "b"])

        let new = try broker.join(group: "g", topics: ["t"])
        #expect(try await new.drain().assigned.isEmpty)
        guard case .revoked(let going)? = try await old.next(waitingUpTo: .seconds(60)) else {
            Issue.record("nothing was revoked")
            return
        }
        #expect(going == [TopicPartition("t", 1)])
        // The last chance to say how far it came.
        try await old.commit([TopicPartition("t", 1): CommittedPosition(offset: 1)])
        _ = try await old.drain()
        let received = try await new.drain()
        #expect(received.values == [TopicPartition("t", 1): ["b"]])

        let error = await #expect(throws: BrokerError.self) {
            try await old.commit([
                TopicPartition("t", 1): CommittedPosition(offset: 2),
                TopicPartition("t", 0): CommittedPosition(offset: 0),
            ])
        }
        #expect(error?.code == .fenced)
        #expect(broker.committed(group: "g") == [TopicPartition("t", 1): CommittedPosition(offset: 1)])
        try await broker.close()
    }

    @Test("a member that waits is woken by data, by partitions that come, and by its own close")
    func waking() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        let owner = try broker.join(group: "g", topics: ["t"])
        _ = try await owner.drain()
        let idle = try broker.join(group: "g", topics: ["t"])
        async let values = owner.delivery(within: .seconds(60))
        _ = try await broker.append(batch(["a"]), to: source)
        #expect(try await values == ["a"])

        async let event = idle.next(waitingUpTo: .seconds(60))
        await owner.close()
        guard case .assigned? = try await event else {
            Issue.record("the partition did not come")
            return
        }
        #expect(try await idle.delivery() == ["a"])
        async let end = idle.next(waitingUpTo: .seconds(60))
        await idle.close()
        #expect(try await end == nil)
        #expect(try await owner.next(waitingUpTo: .seconds(60)) == nil)
        try await broker.close()
    }

    @Test("next returns idle when the time is up, and at once in a cancelled task")
    func idle() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        #expect(try await member.drain(waiting: .milliseconds(5)).values.isEmpty)
        let task = Task { try await member.drain(waiting: .seconds(3600)) }
        task.cancel()
        #expect(try await task.value.values.isEmpty)
        try await broker.close()
    }

    @Test("partitions with a backlog take turns, one delivery each")
    func fairness() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder, partitions: 3)
        for partition in 0..<3 as Range<Int32> {
            for number in 0..<3 {
                _ = try await broker.append(batch(["\(partition).\(number)"]), to: TopicPartition("t", partition))
            }
        }
        let member = try broker.join(group: "g", topics: ["t"], deliveryBytesMax: 1)
        var values: [String] = []
        for _ in 0..<9 { values += try await member.delivery() }
        #expect(values == ["0.0", "1.0", "2.0", "0.1", "1.1", "2.1", "0.2", "1.2", "2.2"])
        try await broker.close()
    }

    @Test("of several partitions' next batches the oldest is delivered first, whatever their times")
    func oldestFirst() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder, partitions: 2)
        let times: [(partition: Int32, time: Int64)] = [(0, 5), (0, 6), (1, 1), (1, .max)]
        for (partition, time) in times {
            let records = try batch(["\(partition)@\(time)"], timestamp: time)
            _ = try await broker.append(records, to: TopicPartition("t", partition))
        }
        let member = try broker.join(group: "g", topics: ["t"], deliveryBytesMax: 1)
        var values: [String] = []
        for _ in 0..<4 { values += try await member.delivery() }
        #expect(values == ["1@1", "0@5", "0@6", "1@\(Int64.max)"])
        try await broker.close()
    }

    @Test("markers and aborted records have no part in what is the oldest, and count as nothing to read")
    func oldestVisibleFirst() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder, partitions: 3)
        let session = try await broker.beginSession(transactionalId: "t")
        // Markers carry the time of day, far behind all of these.
        for (partition, time, isKept) in [
            (0, 5, true), (0, 7, true), (1, 1, false), (1, 6, true), (1, 2, false), (2, 3, false),
        ] {
            let records = try batch(["\(partition)@\(time)"], timestamp: Int64(time))
            try await session.append(records, to: TopicPartition("t", Int32(partition)))
            if isKept { try await session.commit() } else { try await session.abort() }
        }
        let member = try broker.join(group: "g", topics: ["t"], deliveryBytesMax: 1)
        var values: [String] = []
        while let event = try await member.next(waitingUpTo: .zero) {
            if case .idle = event { break }
            guard case .delivery(_, let batches, let start, _, _, let readToEnd) = event else { continue }
            values += try batches.flatMap { try texts($0, from: start) }
            // The last partition has nothing that may be seen.
            #expect(readToEnd.contains(TopicPartition("t", 2)), "\(values)")
        }
        #expect(values == ["0@5", "1@6", "0@7"])
        try await broker.close()
    }

    @Test("a record that a flipped bit calls a marker is corruption, and not passed over")
    func falseMarker() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        _ = try await broker.append(batch(["a"]), to: source)
        let offsetOfBatch = try batch(["a"]).sizeInBytes
        _ = try await broker.append(batch(["b"]), to: source)
        let path = folder.path + "/t-0/00000000000000000000.log"
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        // The control flag is in the low byte of the attributes.
        try file.seek(toOffset: UInt64(offsetOfBatch + 22))
        try file.write(contentsOf: [0x20])
        try file.close()
        let member = try broker.join(group: "g", topics: ["t"], deliveryBytesMax: 1)
        #expect(try await member.delivery() == ["a"])
        let error = await #expect(throws: BrokerError.self) { _ = try await member.delivery() }
        #expect(error?.code == .corrupt)
        try await broker.close()
    }

    @Test("a delivery is cut at the bytes wanted, but never below one batch, and begins inside a batch if need be")
    func deliveries() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        for _ in 0..<4 { _ = try await broker.append(batch(["a", "b", "c"]), to: source) }
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        try await member.commit([source: CommittedPosition(offset: 4)])
        await member.close()
        let again = try broker.join(group: "g", topics: ["t"], deliveryBytesMax: 200)
        #expect(try await again.delivery() == ["b", "c", "a", "b", "c"])
        #expect(try await again.delivery() == ["a", "b", "c"])
        try await broker.close()
    }

    @Test("a position outside of the log is moved to the nearest offset there is")
    func clamping() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        _ = try await broker.append(batch(["a", "b", "c"]), to: source)
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        try await member.commit([source: CommittedPosition(offset: 99, metadata: "m")])
        await member.close()
        let beyond = try broker.join(group: "g", topics: ["t"])
        #expect(try await beyond.drain().assigned == [source: CommittedPosition(offset: 3, metadata: "m")])
        try await beyond.commit([source: CommittedPosition(offset: 0)])
        await beyond.close()
        try #require(broker.log(of: source)).deleteRecords(before: 2)
        let before = try broker.join(group: "g", topics: ["t"])
        let received = try await before.drain()
        #expect(received.assigned == [source: CommittedPosition(offset: 2)])
        #expect(received.values == [source: ["c"]])
        try await broker.close()
    }

    @Test("a position below 0 or with metadata over the limit is refused")
    func badPositions() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        for position in [
            CommittedPosition(offset: -1), CommittedPosition(offset: 0, metadata: String(repeating: "x", count: 4097)),
        ] {
            let error = await #expect(throws: BrokerError.self) { try await member.commit([source: position]) }
            #expect(error?.code == .invalid)
        }
        let group = #expect(throws: BrokerError.self) { _ = try broker.join(group: "", topics: ["t"]) }
        #expect(group?.code == .invalid)
        let topic = #expect(throws: BrokerError.self) { _ = try broker.join(group: "g", topics: ["nope"]) }
        #expect(topic?.code == .unknownTopic)
        try await broker.close()
    }

    @Test("an anonymous group keeps no positions and is no group of the broker")
    func anonymous() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        _ = try await broker.append(batch(["a"]), to: source)
        let member = try broker.join(group: nil, topics: ["t"])
        try await member.commit(try await member.drain().nextOffsets)
        #expect(broker.groupNames.isEmpty)
        try await broker.close()
    }

    @Test("the status shows topics, members, positions and the lag")
    func status() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder, partitions: 2)
        _ = try await broker.append(batch(["a", "b", "c"]), to: source)
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        #expect(broker.lag(group: "g") == 3)
        try await member.commit([source: CommittedPosition(offset: 1)])
        let status = broker.status()
        let topic = try #require(status.topics.first { $0.name == "t" })
        #expect(topic.partitions.map(\.endOffset) == [3, 0])
        #expect(topic.partitions[0].sizeInBytes > 0)
        let group = try #require(status.groups.first)
        #expect(group.name == "g")
        #expect(group.memberCount == 1)
        #expect(group.lag == 2)
        try await broker.close()
    }

    @Test("after the close of the broker inputs end and all else is closed")
    func closedBroker() async throws {
        let folder = try TemporaryFolder()
        let broker = try await opened(folder)
        let member = try broker.join(group: "g", topics: ["t"])
        _ = try await member.drain()
        async let end = member.next(waitingUpTo: .seconds(60))
        try await broker.close()
        #expect(try await end == nil)
        let append = await #expect(throws: BrokerError.self) { _ = try await broker.append(batch(["a"]), to: source) }
        #expect(append?.code == .closed)
        let join = #expect(throws: BrokerError.self) { _ = try broker.join(group: "g", topics: ["t"]) }
        #expect(join?.code == .closed)
        let session = await #expect(throws: BrokerError.self) {
            _ = try await broker.beginSession(transactionalId: "x")
        }
        #expect(session?.code == .closed)
        try await broker.close()
    }
}
