import ArgumentParser
import Foundation
import KafkaClient
import Records

/// A place in each partition of a topic, as it is named on the command line.
enum StartPosition: Equatable, Sendable {
    case beginning
    case end
    /// An offset; a partition that begins later or ends earlier is taken where it begins or ends.
    case offset(Int64)
    /// So many records before the end.
    case last(Int64)
    /// The first record of this time or later, in milliseconds since 1970.
    case time(Int64)
    /// The first record at most so old.
    case ago(Duration)

    static let help = """
        beginning, end, an offset, -N for the last N records, -10m for ten minutes ago (ms, s, m, h, d), a time such as 2026-11-27T05:40 (with Z or +01:00 \
        behind it, else local), or @ and milliseconds since 1970
        """

    init(parsing text: String) throws {
        guard let position = Self(text) else {
            throw ValidationError("'\(text)' is no place in a topic; it is \(Self.help)")
        }
        self = position
    }

    private init?(_ text: String) {
        switch text {
        case "beginning", "earliest": self = .beginning
        case "end", "latest": self = .end
        default:
            if let offset = Int64(text), !text.hasPrefix("+") {
                // The least Int64 has no counterpart above zero.
                self = text.hasPrefix("-") ? .last(-max(offset, -Int64.max)) : .offset(offset)
            } else if text.hasPrefix("@"), let time = Int64(text.dropFirst()), time >= 0 {
                self = .time(time)
            } else if text.hasPrefix("-"), let age = Self.age(text.dropFirst()) {
                self = .ago(age)
            } else if let time = Self.time(text) {
                self = .time(time)
            } else {
                return nil
            }
        }
    }

    private static func age(_ text: Substring) -> Duration? {
        if text.hasSuffix("d"), let days = Int(text.dropLast()), (0...100_000).contains(days) {
            return .seconds(86_400 * days)
        }
        return DurationArgument(argument: String(text))?.duration
    }

    /// A date, a time behind it, a zone behind that: each may be missing.
    private static func time(_ text: String) -> Int64? {
        let pattern =
            /(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?(Z|[+-]\d\d:?\d\d)?/
        guard let match = text.wholeMatch(of: pattern) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        if let zone = match.8 {
            guard let known = Self.zone(zone) else { return nil }
            calendar.timeZone = known
        }
        func number(_ part: Substring?) -> Int { part.flatMap { Int($0) } ?? 0 }
        let parts = DateComponents(
            year: number(match.1), month: number(match.2), day: number(match.3), hour: number(match.4),
            minute: number(match.5), second: number(match.6))
        // The calendar would make the 31st of February a day in March.
        guard let date = calendar.date(from: parts),
            calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date) == parts
        else { return nil }
        let fraction = match.7.map { $0 + String(repeating: "0", count: 3 - $0.count) }
        return Int64(date.timeIntervalSince1970) * 1000 + Int64(number(fraction.map { $0[...] }))
    }

    private static func zone(_ text: Substring) -> TimeZone? {
        guard text != "Z" else { return .gmt }
        let digits = text.dropFirst().filter(\.isNumber)
        guard let hours = Int(digits.prefix(2)), let minutes = Int(digits.suffix(2)), hours < 24, minutes < 60 else {
            return nil
        }
        return TimeZone(secondsFromGMT: (text.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60))
    }

    /// The offset of this place in each of the partitions, in their order.
    func resolve(
        _ partitions: [TopicPartition], in cluster: ClusterView, timeout: Duration
    ) throws(KafkaClientError) -> [PartitionOffset] {
        let ends = try cluster.ends(of: partitions, timeout: timeout)
        func atTime(_ time: Int64) throws(KafkaClientError) -> [PartitionOffset] {
            let found = try cluster.offsets(at: partitions.map { PartitionOffset($0, offset: time) }, timeout: timeout)
            return zip(found, ends).map { $0.offset < 0 ? PartitionOffset($0.partition, offset: $1.end) : $0 }
        }
        switch self {
        case .beginning: return ends.map { PartitionOffset($0.partition, offset: $0.start) }
        case .end: return ends.map { PartitionOffset($0.partition, offset: $0.end) }
        case .offset(let offset):
            return ends.map { PartitionOffset($0.partition, offset: min(max(offset, $0.start), $0.end)) }
        case .last(let count): return ends.map { PartitionOffset($0.partition, offset: max($0.end - count, $0.start)) }
        case .time(let time): return try atTime(time)
        case .ago(let age):
            let now = Int64(Date.now.timeIntervalSince1970 * 1000)
            return try atTime(max(now - Int64(age / .milliseconds(1)), 0))
        }
    }
}

/// Where a partition begins and ends.
struct PartitionEnds: Sendable {
    let partition: TopicPartition
    let start: Int64
    let end: Int64
}

extension ClusterView {
    /// Where partitions begin and end, in their order.
    func ends(of partitions: [TopicPartition], timeout: Duration) throws(KafkaClientError) -> [PartitionEnds] {
        let starts = try offsets(
            at: partitions.map { PartitionOffset($0, offset: PartitionOffset.beginning) }, timeout: timeout)
        let ends = try offsets(
            at: partitions.map { PartitionOffset($0, offset: PartitionOffset.end) }, timeout: timeout)
        return zip(starts, ends).map { PartitionEnds(partition: $0.partition, start: $0.offset, end: $1.offset) }
    }
}
