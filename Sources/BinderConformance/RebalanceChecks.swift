import BinderKit
import Records

extension ConformanceCheck {
    /// Partitions on their way from one member to another.
    static let rebalanceChecks = [
        ConformanceCheck("a new member gets its share once the old one has given it up, from the committed position") {
            bench in
            let topic = try await bench.topic("rebalance", partitions: 2)
            for partition: Int32 in 0..<2 {
                try await bench.send(["\(partition).a", "\(partition).b"], to: topic, partition: partition)
            }
            let old = try await bench.join(topic, group: "g")
            let read = try await bench.read(4, from: old)
            let new = try await bench.join(topic, group: "g")
            let revoked = try await bench.revocation(old)
            try bench.expect(revoked.count == 1, "of two partitions \(revoked) were revoked for a second member")
            let early = try await new.next(waitingUpTo: ConformanceBench.quiet)
            if case .assigned(let positions) = early {
                throw ConformanceFailure(message: "\(positions) were assigned before they were given up")
            }
            let moving = revoked[0]
            let second = read.filter { $0.partition == moving.partition }[1]
            try await old.commit([InputPosition(source: moving, offset: second.offset)])
            _ = try await old.next(waitingUpTo: ConformanceBench.quiet)
            let assigned = try await bench.assignment(new)
            try bench.expect(
                assigned.map(\.source) == [moving] && assigned.map(\.offset) == [second.offset],
                "\(moving) was to continue at \(second.offset); assigned was \(assigned)")
            let again = try await bench.read(1, from: new).map(\.text)
            try bench.expect(again == [second.text], "the new owner got \(again)")
            await old.close()
            await new.close()
        },
        ConformanceCheck("when a member leaves, the others get its partitions and what it did not commit") { bench in
            let topic = try await bench.topic("leave", partitions: 2)
            let stays = try await bench.join(topic, group: "g")
            let leaves = try await bench.join(topic, group: "g")
            for partition: Int32 in 0..<2 {
                try await bench.send(["\(partition)"], to: topic, partition: partition)
            }
            // The one that leaves reads its record, and does not commit it.
            while try await bench.drain(leaves).isEmpty {
                _ = try await stays.next(waitingUpTo: ConformanceBench.quiet)
            }
            await leaves.close()
            var seen: Set<String> = []
            while seen.count < 2 {
                seen.formUnion(try ConformanceBench.items(try await bench.delivery(stays)).map(\.text))
            }
            await stays.close()
        },
        ConformanceCheck("positions of a partition that is another member's are refused, all of them") { bench in
            let topic = try await bench.topic("fenced", partitions: 2)
            let old = try await bench.join(topic, group: "g")
            let all = try await bench.assignment(old)
            let new = try await bench.join(topic, group: "g")
            let revoked = try await bench.revocation(old)
            _ = try await old.next(waitingUpTo: ConformanceBench.quiet)
            _ = try await bench.assignment(new)
            let positions = all.map { InputPosition(source: $0.source, offset: 1) }
            try await bench.expectError(.fenced, "committing \(revoked[0])") { try await old.commit(positions) }
            await old.close()
            await new.close()
            let third = try await bench.join(topic, group: "g")
            let offsets = try await bench.assignment(third).map(\.offset)
            try bench.expect(offsets == [0, 0], "nothing was committed, and the positions are \(offsets)")
            await third.close()
        },
    ]
}

extension ConformanceBench {
    /// The next revocation; what is assigned or delivered before it is passed over.
    func revocation(_ channel: any InputChannel) async throws -> [TopicPartition] {
        while true {
            if case .revoked(let partitions) = try await event(channel) { return partitions }
        }
    }
}
