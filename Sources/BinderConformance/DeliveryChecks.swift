import BinderKit
import Records

extension ConformanceCheck {
    /// What is sent, and what of it arrives.
    static let deliveryChecks = [
        ConformanceCheck("what is sent is delivered with key, value, headers and timestamp, nulls included") { bench in
            let topic = try await bench.topic("all-fields")
            let sent: [(key: [UInt8]?, value: [UInt8]?, headers: [RecordHeader])] = [
                ([1, 0, 255], Array("value".utf8), [RecordHeader(name: "h", value: [0, 1]), RecordHeader(name: "h", value: nil)]),
                (nil, [], []), ([], nil, [RecordHeader(name: "", value: [])]),
            ]
            var builder = RecordBatchBuilder()
            for (index, record) in sent.enumerated() {
                builder.append(
                    keyBytes: record.key, valueBytes: record.value, timestamp: 1_000 + Int64(index),
                    headers: record.headers)
            }
            let output = try await bench.output(topic)
            try await output.send(try builder.build(), partition: 0)
            let channel = try await bench.join(topic, group: "g")
            let read = try await bench.read(sent.count, from: channel)
            try bench.expect(read.count == sent.count, "\(sent.count) records were sent, \(read.count) came")
            for (index, item) in read.enumerated() {
                let record = sent[index]
                try bench.expect(
                    item.key == record.key && item.value == record.value && item.headers == record.headers
                        && item.timestamp == 1_000 + Int64(index), "record \(index) came as \(item)")
            }
            await output.close()
            await channel.close()
        },
        ConformanceCheck("records of one partition are delivered in the order they were sent") { bench in
            let topic = try await bench.topic("order", partitions: 2)
            let output = try await bench.output(topic)
            for number in 0..<50 {
                try await output.send(
                    try ConformanceBench.batch(["\(number)a", "\(number)b"]), partition: Int32(number % 2))
            }
            let channel = try await bench.join(topic, group: "g", deliveryBytesMax: 200)
            let read = try await bench.read(100, from: channel)
            for partition: Int32 in 0..<2 {
                let expected = (0..<50).filter { Int32($0 % 2) == partition }.flatMap { ["\($0)a", "\($0)b"] }
                let seen = read.filter { $0.partition == partition }.map(\.text)
                try bench.expect(seen == expected, "partition \(partition) came as \(seen)")
                let offsets = read.filter { $0.partition == partition }.map(\.offset)
                try bench.expect(offsets == offsets.sorted(), "the offsets of partition \(partition) do not rise")
            }
            await output.close()
            await channel.close()
        },
        ConformanceCheck("a record comes from the partition it was sent to") { bench in
            let topic = try await bench.topic("routing", partitions: 3)
            for partition: Int32 in 0..<3 {
                try await bench.send(["to \(partition)"], to: topic, partition: partition)
            }
            let channel = try await bench.join(topic, group: "g")
            let read = try await bench.read(3, from: channel)
            for item in read {
                try bench.expect(item.text == "to \(item.partition)", "'\(item.text)' came from \(item.partition)")
            }
            await channel.close()
        },
        ConformanceCheck("send returns the offset of the batch's first record") { bench in
            let topic = try await bench.topic("offsets")
            let output = try await bench.output(topic)
            let first = try await output.send(try ConformanceBench.batch(["a", "b", "c"]), partition: 0)
            let second = try await output.send(try ConformanceBench.batch(["d"]), partition: 0)
            try bench.expect(second == first + 3, "three records from \(first) on were followed by \(second)")
            await output.close()
        },
        ConformanceCheck("an existing topic keeps its partitions, and their number is told") { bench in
            let topic = try await bench.topic("provisioned", partitions: 2)
            let again = try await bench.binder.provision(TopicSpecification(name: topic, partitions: 5))
            let output = try await bench.output(topic)
            try bench.expect(again == 2 && output.partitionCount == 2, "2 partitions became \(again)")
            await output.close()
        },
        ConformanceCheck("a topic that does not exist cannot be bound") { bench in
            let missing = "\(bench.prefix).missing"
            try await bench.expectError(.unknownTopic, "binding an output to a missing topic") {
                _ = try await bench.output(missing)
            }
            try await bench.expectError(.unknownTopic, "binding an input to a missing topic") {
                _ = try await bench.join(missing, group: "g")
            }
        },
        ConformanceCheck("one input may read several topics") { bench in
            let left = try await bench.topic("left")
            let right = try await bench.topic("right")
            try await bench.send(["l"], to: left)
            try await bench.send(["r"], to: right)
            let channel = try await bench.join(left, right, group: "g")
            let read = Set(try await bench.read(2, from: channel).map(\.text))
            try bench.expect(read == ["l", "r"], "\(read) came")
            await channel.close()
        },
        ConformanceCheck("no delivery is larger than asked for by more than a batch, and nothing is read ahead of next") {
            bench in
            let topic = try await bench.topic("pressure")
            let output = try await bench.output(topic)
            let large = String(repeating: "x", count: 4_000)
            for _ in 0..<40 {
                try await output.send(try ConformanceBench.batch([large]), partition: 0)
            }
            let channel = try await bench.join(topic, group: "g", deliveryBytesMax: 10_000)
            var seen = 0
            while seen < 40 {
                let delivery = try await bench.delivery(channel)
                let bytes = delivery.batches.reduce(0) { $0 + $1.sizeInBytes }
                try bench.expect(bytes <= 15_000, "a delivery of at most about 10000 bytes has \(bytes)")
                try bench.expect(
                    delivery.endOffset >= delivery.nextOffset, "the end \(delivery.endOffset) lies before the position")
                seen += try ConformanceBench.items(delivery).count
            }
            try bench.expect(seen == 40, "40 records were sent, \(seen) came")
            await output.close()
            await channel.close()
        },
    ]
}
