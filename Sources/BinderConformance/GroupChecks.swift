import BinderKit
import Records

extension ConformanceCheck {
    /// Who gets what, and from where.
    static let groupChecks = [
        ConformanceCheck("members of one group compete: each record goes to one of them") { bench in
            let topic = try await bench.topic("competing", partitions: 4)
            let members = [
                try await bench.join(topic, group: "g"), try await bench.join(topic, group: "g"),
            ]
            for partition: Int32 in 0..<4 {
                try await bench.send((0..<25).map { "\(partition).\($0)" }, to: topic, partition: partition)
            }
            let read = try await bench.readTogether(100, members)
            try bench.expect(
                read.allSatisfy { !$0.isEmpty }, "\(read.map(\.count)) records: a member came away with nothing")
            let texts = read.flatMap { $0.map(\.text) }
            try bench.expect(texts.count == 100 && Set(texts).count == 100, "\(texts.count) of 100 records came")
            for member in members { await member.close() }
        },
        ConformanceCheck("a queue: of one partition and one group each record goes to one member") { bench in
            let topic = try await bench.topic("queue")
            let members = [
                try await bench.join(topic, group: "g"), try await bench.join(topic, group: "g"),
            ]
            try await bench.send((0..<20).map(String.init), to: topic)
            let texts = try await bench.readTogether(20, members).flatMap { $0.map(\.text) }
            try bench.expect(texts == (0..<20).map(String.init), "\(texts) came")
            for member in members { await member.close() }
        },
        ConformanceCheck("independent groups each get every record") { bench in
            let topic = try await bench.topic("broadcast")
            try await bench.send(["a", "b"], to: topic)
            for group in ["first", "second"] {
                let channel = try await bench.join(topic, group: group)
                let read = try await bench.read(2, from: channel).map(\.text)
                try bench.expect(read == ["a", "b"], "group \(group) got \(read)")
                await channel.close()
            }
        },
        ConformanceCheck("anonymous members are groups of their own, and keep no positions") { bench in
            let topic = try await bench.topic("anonymous")
            try await bench.send(["old"], to: topic)
            let first = try await bench.join(topic, group: nil)
            let second = try await bench.join(topic, group: nil, start: .latest)
            _ = try await bench.assignment(second)
            try await bench.send(["new"], to: topic)
            let all = try await bench.read(2, from: first).map(\.text)
            try bench.expect(all == ["old", "new"], "from the earliest on came \(all)")
            let latest = try await bench.read(1, from: second).map(\.text)
            try bench.expect(latest == ["new"], "from the latest on came \(latest)")
            try await first.commit([InputPosition(source: TopicPartition(topic: topic, partition: 0), offset: 2)])
            await first.close()
            await second.close()
            let third = try await bench.join(topic, group: nil)
            let again = try await bench.read(2, from: third).map(\.text)
            try bench.expect(again == ["old", "new"], "a new anonymous member got \(again)")
            await third.close()
        },
        ConformanceCheck("a group without positions starts where its binding says") { bench in
            let topic = try await bench.topic("start")
            try await bench.send(["old"], to: topic)
            let latest = try await bench.join(topic, group: "late", start: .latest)
            _ = try await bench.assignment(latest)
            try await bench.send(["new"], to: topic)
            let read = try await bench.read(1, from: latest).map(\.text)
            try bench.expect(read == ["new"], "from the latest on came \(read)")
            let earliest = try await bench.join(topic, group: "early", start: .earliest)
            let all = try await bench.read(2, from: earliest).map(\.text)
            try bench.expect(all == ["old", "new"], "from the earliest on came \(all)")
            await latest.close()
            await earliest.close()
        },
        ConformanceCheck("a group continues from its committed positions with their metadata; the rest comes again") {
            bench in
            let topic = try await bench.topic("commit")
            try await bench.send(["a", "b", "c", "d"], to: topic)
            let first = try await bench.join(topic, group: "g")
            let read = try await bench.read(4, from: first)
            let position = InputPosition(
                source: TopicPartition(topic: topic, partition: 0), offset: read[2].offset, metadata: "window 7")
            try await first.commit([position])
            await first.close()
            let second = try await bench.join(topic, group: "g", start: .latest)
            let assigned = try await bench.assignment(second)
            try bench.expect(assigned == [position], "\(position) was committed, \(assigned) assigned")
            let again = try await bench.read(2, from: second).map(\.text)
            try bench.expect(again == ["c", "d"], "after the position came \(again)")
            await second.close()
        },
    ]
}

extension ConformanceBench {
    /// Reads so many records with several members in turns, committing what each read; returns what each got, in its order.
    func readTogether(_ count: Int, _ members: [any InputChannel]) async throws -> [[Item]] {
        var read = members.map { _ in [Item]() }
        let clock = ContinuousClock()
        let deadline = clock.now + Self.patience
        while read.reduce(0, { $0 + $1.count }) < count {
            try expect(clock.now < deadline, "\(read.map(\.count)) of \(count) records came within \(Self.patience)")
            for (index, member) in members.enumerated() {
                guard case .delivery(let delivery) = try await member.next(waitingUpTo: .milliseconds(5)) else { continue }
                read[index] += try Self.items(delivery)
                try await member.commit([InputPosition(source: delivery.source, offset: delivery.nextOffset)])
            }
        }
        return read
    }
}
