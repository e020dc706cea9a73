import AccessLogs
import BinderKit
import Foundation
import Records

/// The books of a demo, made from the file and the topics themselves when all is done.
///
/// Lines are compared as multisets: each written line must be in the raw topic as often as in the file, and each raw line must be, as often, either in the
/// hits as the JSON it parses to or in the dead letters as it is. What is left over on one side is missing, on the other a duplicate.
struct Ledger {
    private(set) var written = 0
    private(set) var committed = 0
    private(set) var parsed = 0
    private(set) var deadLettered = 0
    private(set) var missing = 0
    private(set) var duplicate = 0
    /// Lines the agent says it has read.
    let read: Int

    /// Reads the file and the topics; nothing may be written meanwhile.
    init(read: Int, accessLog: String, binder: any Binder) async throws {
        self.read = read
        let format = try AccessLogFormat.named(DemoSettings.format)
        var scanned = ScannedLine()
        var json: [UInt8] = []
        var lines = Multiset()
        var outputs = Multiset()

        let text = try Data(contentsOf: URL(filePath: accessLog), options: .alwaysMapped)
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            lines.add(line)
            written += 1
        }
        try await Self.forEachValue(of: DemoSettings.accessTopic, on: binder) { line in
            lines.remove(line)
            committed += 1
            json.removeAll(keepingCapacity: true)
            let span = line.span
            if format.scan(span, into: &scanned) {
                format.appendJSON(scanned, of: span, to: &json)
                outputs.add(json, kind: 0)
            } else {
                outputs.add(line, kind: 1)
            }
        }
        try await Self.forEachValue(of: DemoSettings.hitsTopic, on: binder) { hit in
            outputs.remove(hit, kind: 0)
            parsed += 1
        }
        try await Self.forEachValue(of: DemoSettings.deadTopic, on: binder) { line in
            outputs.remove(line, kind: 1)
            deadLettered += 1
        }
        missing = lines.missing + outputs.missing
        duplicate = lines.surplus + outputs.surplus
    }

    var isBalanced: Bool {
        written == read && read == committed && committed == parsed + deadLettered && missing == 0 && duplicate == 0
    }

    var description: String {
        """
        ledger: written \(written) = read \(read) = committed \(committed) = parsed \(parsed) + dead-lettered \(deadLettered), \
        missing \(missing), duplicate \(duplicate)
        """
    }

    /// The committed records of a topic; a topic that was never made has none.
    static func forEachValue(
        of topic: String, on binder: any Binder, _ body: (ArraySlice<UInt8>) throws -> Void
    ) async throws {
        let input = InputBinding(name: "ledger", topics: [topic], group: nil, start: .earliest)
        guard let channel = try await openIfThere(input, on: binder) else { return }
        var hasMore = true
        while hasMore {
            switch try await channel.next(waitingUpTo: .milliseconds(10)) {
            case .delivery(let delivery): try forEachValue(of: delivery, body)
            case .assigned, .revoked: continue
            case .idle, nil: hasMore = false
            }
        }
        await channel.close()
    }

    private static func openIfThere(_ input: InputBinding, on binder: any Binder) async throws -> (any InputChannel)? {
        do {
            return try await binder.bind(input)
        } catch {
            guard error.code == .unknownTopic else { throw error }
            return nil
        }
    }

    private static func forEachValue(of delivery: Delivery, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
        for batch in delivery.batches {
            let records = try batch.records()
            for record in records where record.offset >= delivery.startOffset {
                try body(record.value.map { records.bytes($0) } ?? [])
            }
        }
    }
}

/// How often each byte string was added and not removed, by 64-bit hashes: two different lines are taken for one another once in 10^19 pairs.
private struct Multiset {
    private var counts: [Int: Int] = [:]

    mutating func add(_ bytes: some Sequence<UInt8>, kind: Int = 0) { change(bytes, kind, by: 1) }
    mutating func remove(_ bytes: some Sequence<UInt8>, kind: Int = 0) { change(bytes, kind, by: -1) }

    private mutating func change(_ bytes: some Sequence<UInt8>, _ kind: Int, by amount: Int) {
        var hasher = Hasher()
        hasher.combine(kind)
        if bytes.withContiguousStorageIfAvailable({ hasher.combine(bytes: UnsafeRawBufferPointer($0)) }) == nil {
            for byte in bytes { hasher.combine(byte) }
        }
        let key = hasher.finalize()
        let count = counts[key, default: 0] + amount
        counts[key] = count == 0 ? nil : count
    }

    var missing: Int { counts.values.reduce(0) { $0 + max($1, 0) } }
    var surplus: Int { counts.values.reduce(0) { $0 + max(-$1, 0) } }
}
