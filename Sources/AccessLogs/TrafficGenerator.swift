/// Writes realistic web-server log lines from a seed: people, bots, broken requests, and lines that are not of the format at all.
///
/// The same seed, format, share and clock values give the same bytes. A value type for one thread; over a million lines a second in a release build.
package struct TrafficGenerator: Sendable {
    /// A format that traffic can be written in.
    package enum Format: String, Sendable, CaseIterable {
        /// nginx's predefined format; about 230 bytes a line.
        case combined
        /// Without referer and user agent.
        case common
        /// Apache's, with its escaping, server name and port first.
        case vhostCombined = "vhost_combined"
        /// nginx's error log.
        case nginxError = "nginx-error"
        /// JSON objects, as nginx writes with `escape=json`.
        case json
    }

    /// What a line is.
    package enum Kind: String, Sendable, CaseIterable {
        /// A person's browser.
        case human
        /// A crawler, a scanner or a monitor.
        case bot
        /// A broken request that the server logged properly: TLS bytes, an empty request, a malformed one. Fits the format.
        case garbage
        /// Does not fit the format.
        case unparsable
    }

    /// The format that it writes.
    package let format: Format
    private let unparsableLimit: UInt64
    private var random: SeededRandom
    private var clock = TrafficClock()
    private var connection: UInt64 = 1

    /// - Parameters:
    ///   - format: What the lines look like.
    ///   - seed: The same seed gives the same lines.
    ///   - unparsableShare: The share of lines that do not fit the format, from 0 to 1.
    package init(format: Format, seed: UInt64, unparsableShare: Double = 0.002) {
        self.format = format
        random = SeededRandom(seed: seed)
        unparsableLimit = UInt64(min(max(unparsableShare, 0), 1) * 1_000_000)
    }

    /// Appends one line and its line break.
    ///
    /// - Parameter milliseconds: The line's time since the epoch; 0 to the end of the year 9999. Written in UTC.
    /// - Returns: What the line is.
    @discardableResult
    package mutating func appendLine(at milliseconds: Int64, to output: inout [UInt8]) -> Kind {
        clock.set(milliseconds)
        connection &+= 1 + random.below(3)
        let kind: Kind
        if random.below(1_000_000) < unparsableLimit {
            appendUnparsable(to: &output)
            kind = .unparsable
        } else {
            let hit = TrafficHit(&random)
            switch format {
            case .combined:
                appendCommon(hit, to: &output)
                appendAgent(hit, to: &output)
            case .common: appendCommon(hit, to: &output)
            case .vhostCombined:
                output += TrafficPools.virtualHosts[hit.site]
                appendCommon(hit, to: &output)
                appendAgent(hit, to: &output)
            case .nginxError: appendError(hit, to: &output)
            case .json: appendJSON(hit, to: &output)
            }
            kind = hit.kind
        }
        output.append(UInt8(ascii: "\n"))
        return kind
    }

    private func appendCommon(_ hit: TrafficHit, to output: inout [UInt8]) {
        hit.appendAddress(to: &output)
        output += TrafficPools.users[hit.user].log
        output += clock.local
        let request = TrafficPools.requests[hit.request]
        output += format == .vhostCombined ? request.apache : request.nginx
        if hit.kind != .garbage {
            hit.appendPath(to: &output)
            output += TrafficPools.protocols[hit.version]
        }
        output += TrafficPools.statuses[hit.status].quoted
        output.appendDecimal(hit.bytes)
    }

    private func appendAgent(_ hit: TrafficHit, to output: inout [UInt8]) {
        output += TrafficPools.referers[hit.referer].log
        let agent = TrafficPools.agents[hit.agent]
        output += format == .vhostCombined ? agent.apache : agent.nginx
        output.append(ByteSearch.quote)
    }

    private func appendJSON(_ hit: TrafficHit, to output: inout [UInt8]) {
        output += #"{"time_iso8601":""#.utf8
        output += clock.iso
        output += #"","remote_addr":""#.utf8
        hit.appendAddress(to: &output)
        output += #"","remote_user":""#.utf8
        output += TrafficPools.users[hit.user].plain
        output += #"","request":""#.utf8
        output += TrafficPools.requests[hit.request].json
        if hit.kind != .garbage {
            hit.appendPath(to: &output)
            output += TrafficPools.protocols[hit.version]
        }
        output += #"","status":"#.utf8
        output += TrafficPools.statuses[hit.status].plain
        output += #","body_bytes_sent":"#.utf8
        output.appendDecimal(hit.bytes)
        output += #","http_referer":""#.utf8
        output += TrafficPools.referers[hit.referer].plain
        output += #"","http_user_agent":""#.utf8
        output += TrafficPools.agents[hit.agent].json
        output += #""}"#.utf8
    }

    private mutating func appendError(_ hit: TrafficHit, to output: inout [UInt8]) {
        output += clock.error
        if hit.kind == .bot, random.below(20) == 0 {
            output += TrafficPools.notices[Int(random.below(UInt64(TrafficPools.notices.count)))]
            return
        }
        let broken = hit.kind == .garbage
        output += broken ? Array(" [info] 812#812: *".utf8) : Array(" [error] 812#812: *".utf8)
        output.appendDecimal(connection)
        if broken {
            output += " client sent invalid request while reading client request line, client: ".utf8
        } else {
            output += TrafficPools.errors[Int(random.below(UInt64(TrafficPools.errors.count)))]
        }
        hit.appendAddress(to: &output)
        output += ", server: ".utf8
        output += TrafficPools.sites[hit.site]
        output += ", request: \"".utf8
        // nginx escapes nothing in its error log, and these bytes are text without quotes.
        output += broken ? Array("GET /index.html?q=".utf8) : TrafficPools.requests[hit.request].nginx
        if broken {
            hit.appendPath(to: &output)
            output.append(ByteSearch.quote)
            return
        }
        hit.appendPath(to: &output)
        output += TrafficPools.protocols[hit.version]
        output += "\", host: \"".utf8
        output += TrafficPools.sites[hit.site]
        output.append(ByteSearch.quote)
    }

    /// Half a line, a program's own message in the wrong file, or a field that is no longer what it should be.
    private mutating func appendUnparsable(to output: inout [UInt8]) {
        let pool = TrafficPools.unparsable
        output += pool[Int(random.below(UInt64(pool.count)))]
        output.append(UInt8(ascii: " "))
        output.appendDecimal(random.below(1_000_000_000))
    }
}

/// The three renderings of one second, made when the second changes.
private struct TrafficClock: Sendable {
    private var second: Int64 = -1
    /// Between the user and the request of a line.
    private(set) var local: [UInt8] = []
    private(set) var iso: [UInt8] = []
    private(set) var error: [UInt8] = []

    mutating func set(_ milliseconds: Int64) {
        guard milliseconds / 1000 != second else { return }
        second = milliseconds / 1000
        let parts = LogTime.parts(epochMilliseconds: milliseconds)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let year = String(repeating: "0", count: max(0, 4 - String(parts.year).count)) + String(parts.year)
        let time = "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
        local = Array("\(two(parts.day))/\(LogTime.monthNames[parts.month - 1])/\(year):\(time) +0000] \"".utf8)
        iso = Array("\(year)-\(two(parts.month))-\(two(parts.day))T\(time)+00:00".utf8)
        error = Array("\(year)/\(two(parts.month))/\(two(parts.day)) \(time)".utf8)
    }
}

extension [UInt8] {
    /// Appends a number in decimal without making a string.
    fileprivate mutating func appendDecimal(_ value: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(truncatingIfNeeded: 48 + value / divisor % 10))
            divisor /= 10
        }
    }
}

/// A small generator of well-mixed 64-bit numbers (SplitMix64, Steele, Lea and Flood 2014).
struct SeededRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is at least 1; the bias is below `limit` in 2^64.
    mutating func below(_ limit: UInt64) -> UInt64 { next().multipliedFullWidth(by: max(limit, 1)).high }
}
