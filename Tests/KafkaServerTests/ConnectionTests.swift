import BrokerCore
import NIOCore
import Records
import TestSupport
import Testing

@testable import KafkaServer

@Suite("Connections that end, or hardly move", .timeLimit(.minutes(5)))
struct ConnectionTests {
    private func withServer(
        limits: ServerLimits = ServerLimits(), _ body: (Broker, BrokerServer) async throws -> Void
    ) async throws {
        try await RunningServer.with(limits: limits) { broker, server in
            _ = try await broker.ensureTopic("t")
            try await body(broker, server)
        }
    }

    /// A fetch that waits for a minute.
    private let longPoll = RawConnection.request(1, version: 4) { body in
        body.append(Int32(-1), Int32(60_000), Int32(1), Int32(1 << 20), Int8(0), Int32(1))
        body.append("t")
        body.append(Int32(1), Int32(0), Int64(0), Int32(1 << 20))
    }

    private func commit(_ offset: Int64, of group: String) -> [UInt8] {
        RawConnection.request(8, version: 2) { body in
            body.append(group)
            body.append(Int32(-1))
            body.append("")
            body.append(Int64(-1), Int32(1))
            body.append("t")
            body.append(Int32(1), Int32(0), offset)
            body.append("")
        }
    }

    /// What another connection is told.
    private func committed(_ group: String, _ server: BrokerServer) async throws -> Int64 {
        let connection = try RawConnection(port: server.port)
        let request = RawConnection.request(9, version: 1) { body in
            body.append(group)
            body.append(Int32(1))
            body.append("t")
            body.append(Int32(1), Int32(0))
        }
        try await connection.send(request)
        let answer = try await connection.answer()
        // Behind correlation id, topics, name, partitions and number.
        let offset = answer.dropFirst(4 + 4 + 3 + 4 + 4).prefix(8)
        return offset.reduce(0) { $0 << 8 | Int64($1) }
    }

    @Test("positions are committed although their client has gone", arguments: [false, true])
    func commitAndGo(isBehindLongPoll: Bool) async throws {
        try await withServer { _, server in
            for round in 0..<20 {
                let connection = try RawConnection(port: server.port)
                // More than are begun at a time.
                let commits = (1...30).flatMap { commit($0, of: "g\(round)") }
                try await connection.send((isBehindLongPoll ? longPoll : []) + commits)
                connection.close()
            }
            for round in 0..<20 {
                try await eventually("round \(round) is committed", within: .seconds(30)) {
                    try await committed("g\(round)", server) == 30
                }
            }
        }
    }

    @Test("a member has left, and a transaction is committed, although their client has gone")
    func leaveAndGo() async throws {
        try await withServer { broker, server in
            let join = ClassicGroup.Join(
                memberId: "", instanceId: nil, client: GroupClient(id: "c", host: "h"), sessionTimeout: .seconds(600),
                rebalanceTimeout: .seconds(600), protocolType: "consumer",
                protocols: [GroupProtocol(name: "range", metadata: [])], requiresKnownMember: false,
                canSkipAssignment: true)
            let joined = await broker.classicGroups.join("g", join)
            guard case .joined(let member) = joined else {
                Issue.record("expected to have joined, got \(joined)")
                return
            }
            let transactions = broker.wireTransactions
            let ids = (0..<20).map { "x\($0)" }
            for id in ids {
                let producer = try await transactions.initialise(id, timeoutMilliseconds: 600_000, expected: nil)
                try await transactions.add([TopicPartition(topic: "t", partition: 0)], to: id, of: producer)
                let connection = try RawConnection(port: server.port)
                let end = RawConnection.request(26, version: 0) { body in
                    body.append(id)
                    body.append(producer.id, producer.epoch, Int8(1))
                }
                let leave = RawConnection.request(13, version: 0) { body in
                    body.append("g")
                    body.append(member.memberId)
                }
                try await connection.send(longPoll + leave + end)
                connection.close()
            }
            try await eventually("the member is out", within: .seconds(30)) {
                broker.groupDescription(of: "g")?.members.isEmpty ?? true
            }
            for id in ids {
                try await eventually("'\(id)' is committed", within: .seconds(30)) {
                    transactions.status(of: id)?.state == .completeCommit
                }
            }
        }
    }

    @Test("a request that comes in a trickle does not hold its memory for ever")
    func trickle() async throws {
        var limits = ServerLimits()
        limits.stallMax = .seconds(1)
        limits.requestBytesPerSecondMin = 1 << 20
        try await withServer(limits: limits) { _, server in
            let connection = try RawConnection(port: server.port)
            try await connection.send([0, 1, 0, 0] + [UInt8](repeating: 0, count: 5000))
            var sent = 0
            // Fifty times a second, so that it never stands still.
            while sent < 500, await !connection.isClosed(within: 20) {
                try? await connection.send([0])
                sent += 1
            }
            #expect(sent < 500)
        }
    }
}
