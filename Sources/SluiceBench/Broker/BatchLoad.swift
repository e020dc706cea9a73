import CLinux
import Glibc

/// Producers with one batch on its way each, all on one thread: as many threads would take their turns on the cores from the broker's.
struct BatchLoad {
    private struct Client {
        let connection: Connection
        let request: [UInt8]
        /// When the batch that is on its way was due, or the next one is.
        var due: ContinuousClock.Instant
        var isWaiting = false
    }

    private let poll: Int32
    private var clients: [Client] = []
    private let pause: Duration?
    private let end: ContinuousClock.Instant

    /// Sends from `connections` connections for so long, each the next of `requests` in turn, and returns the times from the moment a batch was due to its answer, in
    /// milliseconds. Due is when the answer before it has come, or so often in all that the load is `perSecond`: what waits behind a slow answer counts then from when it
    /// should have gone.
    static func run(
        _ requests: [[UInt8]], port: Int, connections: Int, perSecond: Double?, seconds: Double,
        check: (Connection) throws -> Void
    ) throws -> [Double] {
        let connected = try (0..<connections).map { _ in try Connection(port: port) }
        var load = BatchLoad(connected, requests, perSecond: perSecond, seconds: seconds)
        defer { close(load.poll) }
        return try load.run(check)
    }

    private init(_ connections: [Connection], _ requests: [[UInt8]], perSecond: Double?, seconds: Double) {
        poll = epoll_create1(0)
        pause = perSecond.map { .seconds(Double(connections.count) / $0) }
        let begin = ContinuousClock.now
        end = begin + .seconds(seconds)
        for (number, connection) in connections.enumerated() {
            let due = begin + (pause ?? .zero) * number / connections.count
            clients.append(Client(connection: connection, request: requests[number % requests.count], due: due))
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: UInt64(number)))
            epoll_ctl(poll, EPOLL_CTL_ADD, connection.descriptor, &event)
        }
    }

    private mutating func run(_ check: (Connection) throws -> Void) throws -> [Double] {
        var times: [Double] = []
        var events = [epoll_event](repeating: epoll_event(), count: clients.count)
        while let next = try sendWhatIsDue() {
            let count = try wait(until: next, &events)
            for event in events.prefix(count) {
                let number = Int(event.data.u64)
                try check(clients[number].connection)
                let now = ContinuousClock.now
                times.append(clients[number].due.duration(to: now) / .milliseconds(1))
                clients[number].due = pause.map { clients[number].due + $0 } ?? now
                clients[number].isWaiting = false
            }
        }
        return times
    }

    /// Returns when the next batch is due, `end` while all are on their way, and nil when no more is to come.
    private mutating func sendWhatIsDue() throws -> ContinuousClock.Instant? {
        var (next, isOver) = (end, true)
        let now = ContinuousClock.now
        for number in clients.indices where clients[number].isWaiting || clients[number].due < end {
            isOver = false
            guard !clients[number].isWaiting else { continue }
            if clients[number].due <= now {
                try clients[number].connection.send(clients[number].request)
                clients[number].isWaiting = true
            } else {
                next = min(next, clients[number].due)
            }
        }
        return isOver ? nil : next
    }

    /// Waits for answers as long as that; at least a millisecond behind the end, when only they are missing.
    private func wait(until next: ContinuousClock.Instant, _ events: inout [epoll_event]) throws -> Int {
        let now = ContinuousClock.now
        let time = next > now ? now.duration(to: next) : next < end ? .zero : .milliseconds(1)
        var timeout = timespec(
            tv_sec: Int(time.components.seconds), tv_nsec: Int(time.components.attoseconds / 1_000_000_000))
        let count = epoll_pwait2(poll, &events, Int32(events.count), &timeout, nil)
        guard count >= 0 || errno == EINTR else { throw BenchFailure(description: "epoll_pwait2 fails: \(errno)") }
        return Int(max(0, count))
    }
}
