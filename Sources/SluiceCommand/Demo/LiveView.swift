import BrokerCore
import Foundation
import LogAgent
import Streams

/// Shows what a node does: a table that is drawn anew on a terminal, a plain line now and then elsewhere.
struct LiveView {
    let node: Node

    static var isOnTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Draws until cancelled, and once more then.
    func run() async {
        let isTerminal = Self.isOnTerminal
        var screen = Screen()
        var rates = Rates()
        let interval: Duration = isTerminal ? .milliseconds(500) : .seconds(5)
        while !Task.isCancelled {
            // Ends early on cancellation, which is no failure but the sign to draw the last picture.
            try? await Task.sleep(for: interval)
            let topics = node.binder.broker.status().topics.filter { !$0.isInternal && !$0.name.hasPrefix("__") }
            rates.update(Dictionary(uniqueKeysWithValues: topics.map { ($0.name, $0.records) }))
            if isTerminal {
                screen.draw(table(topics, rates))
            } else {
                // Not by print, which keeps lines back where the output is no terminal.
                try? FileHandle.standardOutput.write(contentsOf: Data((summary(topics, rates) + "\n").utf8))
            }
        }
    }

    private func table(_ topics: [BrokerStatus.TopicStatus], _ rates: Rates) -> [String] {
        var inputs = TextTable(["input", "files", "lines read", "committed", "dead", "bytes behind"])
        for input in node.agent.status.inputs {
            inputs.add([
                input.name, "\(input.files)", "\(input.linesRead)", "\(input.linesCommitted)", "\(input.deadLines)",
                "\(input.lagBytes)",
            ])
        }
        var topicTable = TextTable(["topic", "partitions", "offsets", "per second", "size"])
        for topic in topics {
            topicTable.add([
                topic.name, "\(topic.partitions.count)", "\(topic.records)", "\(rates[topic.name])",
                readableBytes(topic.bytes),
            ])
        }
        var stages = TextTable(["stage", "state", "in", "out", "dead", "lag"])
        let status = node.application.status
        for stage in status.stages {
            stages.add([
                stage.name, stage.state.rawValue, "\(stage.recordsIn)", "\(stage.recordsOut)", "\(stage.deadLetters)",
                "\(stage.lag)",
            ])
        }
        let errors = status.stages.compactMap { stage in stage.lastError.map { "last error of \(stage.name): \($0)" } }
        let hint = node.listener.map { "look on: kcat -b \($0.address) -C -t \(DemoSettings.hitsTopic)" }
        return inputs.lines + [""] + topicTable.lines + [""] + stages.lines + [""] + (hint.map { [$0] } ?? []) + errors
    }

    private func summary(_ topics: [BrokerStatus.TopicStatus], _ rates: Rates) -> String {
        let read = node.agent.status.inputs.reduce(0) { $0 + $1.linesRead }
        let stages = node.application.status.stages.map { stage in
            "\(stage.name) in \(stage.recordsIn) dead \(stage.deadLetters) lag \(stage.lag)"
        }
        return "read \(read) lines; "
            + topics.map { "\($0.name) \($0.records) (\(rates[$0.name])/s)" }.joined(separator: ", ") + "; "
            + stages.joined(separator: ", ")
    }
}

extension BrokerStatus.TopicStatus {
    /// Offsets in use: records, and the control records of transactions among them.
    fileprivate var records: Int64 { partitions.reduce(0) { $0 + $1.endOffset - $1.startOffset } }
    fileprivate var bytes: Int64 { partitions.reduce(0) { $0 + $1.sizeInBytes } }
}

/// How fast counts grow, from one look to the next.
private struct Rates {
    private var counts: [String: Int64] = [:]
    private var perSecond: [String: Int64] = [:]
    private var time = ContinuousClock.now

    subscript(name: String) -> Int64 { perSecond[name] ?? 0 }

    mutating func update(_ new: [String: Int64]) {
        let now = ContinuousClock.now
        let seconds = max((now - time) / .seconds(1), 0.001)
        perSecond = Dictionary(
            uniqueKeysWithValues: new.map { ($0, Int64(Double($1 - (counts[$0] ?? 0)) / seconds)) })
        counts = new
        time = now
    }
}

/// A block of lines on a terminal that is drawn over itself.
private struct Screen {
    private var height = 0

    mutating func draw(_ lines: [String]) {
        let width = Self.columns
        var text = height > 0 ? "\u{1B}[\(height)A" : ""
        for line in lines { text += "\u{1B}[2K" + line.prefix(width) + "\n" }
        // What the picture before had more is cleared, and the cursor comes back to below the new one.
        text += "\u{1B}[J"
        height = lines.count
        // A terminal that has gone away is no reason to stop shipping.
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }

    private static var columns: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 120
    }
}
