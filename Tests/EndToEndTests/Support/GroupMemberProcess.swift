import Foundation
import TestSupport

/// A member of a consumer group in a process of its own: `Tests/Clients/group_member.py`, or `Tests/Clients/java/GroupMember.java`.
final class GroupMemberProcess {
    /// What it has told, in the order of its doing.
    struct Step {
        enum Kind {
            case assigned
            case owns(Set<Int>)
            case read(partition: Int, offset: Int, value: Int)
            case committed(partition: Int, offset: Int)
            case other
        }

        /// Nanoseconds on a clock that all processes of this machine share.
        var time: Int
        var kind: Kind
    }

    let process: Program

    /// The assignors of the Java client, by what its libraries are called here.
    private static let javaAssignors = ["java-range": "RangeAssignor", "java-cooperative": "CooperativeStickyAssignor"]

    init(
        _ library: String, _ broker: RunningBroker, group: String, topic: String, instance: String? = nil
    ) async throws {
        let place = [group, topic] + (instance.map { [$0] } ?? [])
        if let assignor = Self.javaAssignors[library] {
            process = try await JavaClient.start("member", broker.address, [assignor] + place)
        } else {
            process = try Program(
                PythonInterpreter.path ?? "python3",
                [Program.root + "/Tests/Clients/group_member.py", library, broker.address] + place)
        }
    }

    var steps: [Step] {
        process.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 2, let time = Int(words[0]) else { return nil }
            let numbers = words.dropFirst(2).compactMap { Int($0) }
            return switch words[1] {
            case "assigned": Step(time: time, kind: .assigned)
            case "owns": Step(time: time, kind: .owns(Set(numbers)))
            case "read" where numbers.count == 3:
                Step(time: time, kind: .read(partition: numbers[0], offset: numbers[1], value: numbers[2]))
            case "committed" where numbers.count == 2:
                Step(time: time, kind: .committed(partition: numbers[0], offset: numbers[1]))
            default: Step(time: time, kind: .other)
            }
        }
    }

    /// The partitions it has now.
    var owned: Set<Int> {
        for step in steps.reversed() {
            if case .owns(let partitions) = step.kind { return partitions }
        }
        return []
    }

    var assignments: Int {
        steps.count {
            if case .assigned = $0.kind { true } else { false }
        }
    }

    var values: Set<Int> {
        Set(
            steps.compactMap {
                if case .read(_, _, let value) = $0.kind { value } else { nil }
            })
    }

    /// Makes it leave its group; its exit code.
    func leave() async -> Int32 {
        process.signal(SIGTERM)
        return await process.wait().status
    }

    func kill() async {
        process.signal(SIGKILL)
        await process.wait()
    }

    /// Where a member began to read a partition below what had been acknowledged to one before it.
    static func setBacks(_ members: [GroupMemberProcess]) -> [String] {
        let histories = members.map(\.steps)
        var commits: [Int: [(time: Int, offset: Int)]] = [:]
        for step in histories.joined() {
            if case .committed(let partition, let offset) = step.kind {
                commits[partition, default: []].append((step.time, offset))
            }
        }
        var found: [String] = []
        for history in histories {
            var owned: Set<Int> = []
            var fresh: [Int: Int] = [:]
            for step in history {
                switch step.kind {
                case .owns(let partitions):
                    for partition in partitions.subtracting(owned) { fresh[partition] = step.time }
                    owned = partitions
                case .read(let partition, let offset, _):
                    guard let since = fresh.removeValue(forKey: partition) else { continue }
                    let acknowledged = commits[partition, default: []].filter { $0.time < since }.map(\.offset).max()
                    if offset < acknowledged ?? 0 {
                        found.append("partition \(partition) was read from \(offset), not \(acknowledged ?? 0)")
                    }
                default: continue
                }
            }
        }
        return found
    }
}
