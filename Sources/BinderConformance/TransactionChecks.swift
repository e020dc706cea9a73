import BinderKit
import Records

extension ConformanceCheck {
    /// Outputs and positions in one step.
    static let transactionChecks = [
        ConformanceCheck("a transaction's batches and positions become visible together", needs: .transactions) { bench in
            let source = try await bench.topic("source")
            let left = try await bench.topic("left", partitions: 2)
            let right = try await bench.topic("right")
            try await bench.send(["a", "b"], to: source)
            let input = try await bench.join(source, group: "g")
            let delivery = try await bench.delivery(input)
            let session = try await bench.binder.openTransactions(id: "\(bench.prefix).t")
            let reader = try await bench.join(left, right, group: "reader")
            try await session.send(try ConformanceBench.batch(["l"]), to: TopicPartition(topic: left, partition: 1))
            try await session.send(try ConformanceBench.batch(["r"]), to: TopicPartition(topic: right, partition: 0))
            let before = try await bench.drain(reader).map(\.text)
            try bench.expect(before.isEmpty, "\(before) came before the commit")
            try await session.commit(
                [InputPosition(source: delivery.source, offset: delivery.nextOffset, metadata: "m")], of: input)
            let after = Set(try await bench.read(2, from: reader).map(\.text))
            try bench.expect(after == ["l", "r"], "\(after) came after the commit")
            await input.close()
            let next = try await bench.join(source, group: "g")
            let positions = try await bench.assignment(next)
            try bench.expect(
                positions.map(\.offset) == [delivery.nextOffset] && positions.map(\.metadata) == ["m"],
                "the group continues at \(positions)")
            await next.close()
            await reader.close()
            await session.close()
        },
        ConformanceCheck("an aborted transaction is never delivered, and its partitions can be read on", needs: .transactions) {
            bench in
            let topic = try await bench.topic("aborted")
            let partition = TopicPartition(topic: topic, partition: 0)
            let session = try await bench.binder.openTransactions(id: "\(bench.prefix).t")
            try await session.send(try ConformanceBench.batch(["lost"]), to: partition)
            try await session.abort()
            try await session.send(try ConformanceBench.batch(["kept"]), to: partition)
            try await session.commit([], of: nil)
            let reader = try await bench.join(topic, group: "reader")
            let read = try await bench.read(1, from: reader).map(\.text)
            try bench.expect(read == ["kept"], "\(read) came")
            let rest = try await bench.drain(reader)
            try bench.expect(rest.isEmpty, "\(rest.map(\.text)) came as well")
            await reader.close()
            await session.close()
        },
        ConformanceCheck("a position passes aborted records and control records", needs: .transactions) { bench in
            let topic = try await bench.topic("passed")
            let partition = TopicPartition(topic: topic, partition: 0)
            let session = try await bench.binder.openTransactions(id: "\(bench.prefix).t")
            try await session.send(try ConformanceBench.batch(["kept"]), to: partition)
            try await session.commit([], of: nil)
            try await session.send(try ConformanceBench.batch(["lost"]), to: partition)
            try await session.abort()
            try await bench.send(["last"], to: topic)
            let reader = try await bench.join(topic, group: "reader")
            var next: Int64 = 0
            var read: [String] = []
            while read.count < 2 {
                let delivery = try await bench.delivery(reader)
                try bench.expect(
                    delivery.startOffset == next, "after \(next) came a delivery from \(delivery.startOffset) on")
                next = delivery.nextOffset
                read += try ConformanceBench.items(delivery).map(\.text)
            }
            try bench.expect(read == ["kept", "last"], "\(read) came")
            await reader.close()
            await session.close()
        },
        ConformanceCheck("a new session of a name fences the old one and aborts what it left open", needs: .transactions) {
            bench in
            let topic = try await bench.topic("fencing")
            let partition = TopicPartition(topic: topic, partition: 0)
            let old = try await bench.binder.openTransactions(id: "\(bench.prefix).t")
            try await old.send(try ConformanceBench.batch(["old"]), to: partition)
            let new = try await bench.binder.openTransactions(id: "\(bench.prefix).t")
            try await bench.expectError(.fenced, "the fenced session's commit") { try await old.commit([], of: nil) }
            try await bench.expectError(.fenced, "the fenced session's send") {
                try await old.send(try ConformanceBench.batch(["old"]), to: partition)
            }
            try await new.send(try ConformanceBench.batch(["new"]), to: partition)
            try await new.commit([], of: nil)
            let reader = try await bench.join(topic, group: "reader")
            let read = try await bench.read(1, from: reader).map(\.text) + bench.drain(reader).map(\.text)
            try bench.expect(read == ["new"], "\(read) came")
            await reader.close()
            await old.close()
            await new.close()
        },
        ConformanceCheck("a closed session aborts what it had open", needs: .transactions) { bench in
            let topic = try await bench.topic("closed-session")
            let session = try await bench.binder.openTransactions(id: "\(bench.prefix).t")
            try await session.send(
                try ConformanceBench.batch(["open"]), to: TopicPartition(topic: topic, partition: 0))
            await session.close()
            try await bench.send(["plain"], to: topic)
            let reader = try await bench.join(topic, group: "reader")
            let read = try await bench.read(1, from: reader).map(\.text)
            try bench.expect(read == ["plain"], "\(read) came")
            await reader.close()
        },
        ConformanceCheck("positions of another member's partition take the whole transaction back", needs: .transactions) {
            bench in
            let source = try await bench.topic("moved", partitions: 2)
            let target = try await bench.topic("target")
            let old = try await bench.join(source, group: "g")
            _ = try await bench.assignment(old)
            let new = try await bench.join(source, group: "g")
            let revoked = try await bench.revocation(old)
            _ = try await old.next(waitingUpTo: ConformanceBench.quiet)
            let session = try await bench.binder.openTransactions(id: "\(bench.prefix).t")
            try await session.send(try ConformanceBench.batch(["x"]), to: TopicPartition(topic: target, partition: 0))
            try await bench.expectError(.fenced, "committing \(revoked[0])") {
                try await session.commit([InputPosition(source: revoked[0], offset: 1)], of: old)
            }
            try await session.abort()
            let reader = try await bench.join(target, group: "reader")
            let read = try await bench.drain(reader).map(\.text)
            try bench.expect(read.isEmpty, "\(read) came of a refused transaction")
            await reader.close()
            await old.close()
            await new.close()
            await session.close()
        },
    ]
}
