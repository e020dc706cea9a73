import BinderKit
import Records

extension ConformanceCheck {
    /// Waiting and closing.
    static let channelChecks = [
        ConformanceCheck("next waits as long as it is told, and wakes for what is sent meanwhile") { bench in
            let topic = try await bench.topic("wake")
            let channel = try await bench.join(topic, group: "g")
            _ = try await bench.assignment(channel)
            guard case .idle = try await channel.next(waitingUpTo: .milliseconds(20)) else {
                throw ConformanceFailure(message: "an empty topic was to be .idle")
            }
            let clock = ContinuousClock()
            let start = clock.now
            async let sent: Void = bench.send(["x"], to: topic)
            guard case .delivery = try await channel.next(waitingUpTo: ConformanceBench.patience) else {
                throw ConformanceFailure(message: "what was sent while next waited did not wake it")
            }
            try bench.expect(clock.now - start < ConformanceBench.patience / 2, "next was not woken")
            try await sent
            await channel.close()
        },
        ConformanceCheck("a closed input ends, also while next waits") { bench in
            let topic = try await bench.topic("closed-input")
            let channel = try await bench.join(topic, group: "g")
            _ = try await bench.assignment(channel)
            async let last = channel.next(waitingUpTo: ConformanceBench.patience)
            await Task.yield()
            await channel.close()
            let event = try await last
            try bench.expect(event == nil, "a closed channel handed out \(String(describing: event))")
            let after = try await channel.next(waitingUpTo: .zero)
            try bench.expect(after == nil, "a closed channel handed out \(String(describing: after))")
        },
        ConformanceCheck("closing an output while others send loses nothing that was acknowledged") { bench in
            let topic = try await bench.topic("closed-output")
            let output = try await bench.output(topic)
            let acknowledged = try await withThrowingTaskGroup(of: [String].self) { group in
                for sender in 0..<4 {
                    group.addTask {
                        var done: [String] = []
                        for number in 0..<200 {
                            let value = "\(sender).\(number)"
                            do throws(BinderError) {
                                try await output.send(try ConformanceBench.closingBatch(value), partition: 0)
                            } catch {
                                guard error.code == .closed else { throw error }
                                return done
                            }
                            done.append(value)
                        }
                        return done
                    }
                }
                group.addTask {
                    try await Task.sleep(for: .milliseconds(3))
                    await output.close()
                    return []
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try await bench.expectError(.closed, "sending after close") {
                try await output.send(try ConformanceBench.batch(["late"]), partition: 0)
            }
            let channel = try await bench.join(topic, group: "g")
            let read = Set(try await bench.drain(channel).map(\.text))
            let lost = acknowledged.filter { !read.contains($0) }
            try bench.expect(lost.isEmpty, "acknowledged and lost: \(lost)")
            try bench.expect(!read.contains("late"), "what was sent after close was delivered")
            await channel.close()
        },
    ]
}

extension ConformanceBench {
    /// A batch of one value, with the one kind of error that a sender expects.
    static func closingBatch(_ value: String) throws(BinderError) -> RecordBatch {
        do {
            return try batch([value])
        } catch {
            throw BinderError(.invalid, "a batch cannot be built", cause: error)
        }
    }
}
