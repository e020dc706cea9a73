/// One imagined request: which piece of each pool, and the numbers that are not from a pool.
struct TrafficHit {
    let kind: TrafficGenerator.Kind
    let site: Int
    let user: Int
    let request: Int
    let path: Int
    let query: UInt64
    let version: Int
    let status: Int
    let referer: Int
    let agent: Int
    let bytes: UInt64
    private let address: UInt64

    init(_ random: inout SeededRandom) {
        func pick(_ range: Range<Int>) -> Int {
            range.lowerBound + Int(random.below(UInt64(max(range.count, 1))))
        }
        let dice = random.below(1000)
        kind = dice < 700 ? .human : dice < 985 ? .bot : .garbage
        address = random.next()
        site = pick(TrafficPools.sites.indices)
        query = random.next()
        version = dice % 10 == 0 ? 1 : dice % 3 == 0 ? 2 : 0
        switch kind {
        case .human:
            user = dice % 50 == 0 ? pick(TrafficPools.users.indices) : 0
            request = dice % 11 == 0 ? 1 : 0
            path = pick(TrafficPools.humanPaths)
            status = dice % 40 == 0 ? pick(TrafficPools.statuses.indices) : pick(TrafficPools.commonStatuses)
            referer = pick(TrafficPools.referers.indices)
            agent = pick(TrafficPools.humanAgents)
        case .bot:
            user = 0
            request = dice % 17 == 0 ? 2 : 0
            path = pick(TrafficPools.botPaths)
            status = pick(TrafficPools.statuses.indices)
            referer = 0
            agent = pick(TrafficPools.botAgents)
        case .garbage, .unparsable:
            user = 0
            request = pick(TrafficPools.brokenRequests)
            path = 0
            status = TrafficPools.badRequestStatus
            referer = 0
            agent = 0
        }
        bytes = kind == .garbage ? 157 : random.below(1 << (6 + random.below(12)))
    }

    /// An IPv4 address, or one time in eight an IPv6 address; some addresses come often.
    func appendAddress(to output: inout [UInt8]) {
        let value = address >> 60 == 0 ? address & 0xFF : address
        if address & 0b111_0000 == 0 {
            output += "2001:db8:".utf8
            for shift in [UInt64(8), 24, 40] {
                // Without leading zeros and never a zero group, as servers write them.
                var group = ((value >> shift) & 0xFFFF) | 0x1
                var digits: [4 of UInt8] = [0, 0, 0, 0]
                var count = 0
                while group > 0 {
                    digits[count] = Hex.digit(UInt8(group & 15))
                    count += 1
                    group >>= 4
                }
                while count > 0 {
                    count -= 1
                    output.append(digits[count])
                }
                output.append(UInt8(ascii: ":"))
            }
            output += ":1".utf8
            return
        }
        output += TrafficPools.octets[Int(value & 0xFF) % 223 + 1]
        for shift in [UInt64(8), 16, 24] {
            output.append(UInt8(ascii: "."))
            output += TrafficPools.octets[Int((value >> shift) & 0xFF)]
        }
    }

    /// The path, and for one in four a query with a number.
    func appendPath(to output: inout [UInt8]) {
        output += TrafficPools.paths[path]
        guard query & 3 == 0 else { return }
        output += "?session=".utf8
        for shift in stride(from: UInt64(8), to: 56, by: 8) {
            output.append(Hex.digit(UInt8((query >> shift) & 15)))
        }
    }
}
