import Glibc

/// Estimates quantiles of many numbers in little memory, with a relative error of at most 1 % for each value it returns.
///
/// After DDSketch (Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB 2019): numbers are
/// counted in buckets whose bounds grow by a constant factor, so sketches merge by adding, and the order of adding changes nothing. Numbers
/// nearer to zero than 10^-9 count as zero. At most `bucketsMax` buckets are kept per sign, which spans 17 orders of magnitude; beyond
/// that the numbers nearest to zero share a bucket.
struct QuantileSketch: Sendable {
    /// The greatest relative error.
    static let relativeError = 0.01
    /// The most buckets kept for positive and for negative numbers each.
    static let bucketsMax = 2048

    private static let growth = (1 + relativeError) / (1 - relativeError)
    private static let inverseLogGrowth = 1 / log(growth)
    private static let leastMagnitude = 1e-9

    private var positive = Buckets()
    private var negative = Buckets()
    private var zeros = 0
    private var minimum = Double.infinity
    private var maximum = -Double.infinity

    /// How many numbers were added.
    var count: Int { positive.total + negative.total + zeros }

    /// Adds a finite number.
    mutating func add(_ number: Double) {
        minimum = min(minimum, number)
        maximum = max(maximum, number)
        let magnitude = number.magnitude
        if magnitude < Self.leastMagnitude {
            zeros += 1
        } else {
            let index = Int((log(magnitude) * Self.inverseLogGrowth).rounded(.up))
            if number > 0 { positive.add(index, 1) } else { negative.add(index, 1) }
        }
    }

    /// Adds what another sketch was given.
    mutating func merge(_ other: QuantileSketch) {
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        zeros += other.zeros
        positive.merge(other.positive)
        negative.merge(other.negative)
    }

    /// The number of rank `fraction * (count - 1)`, rounded down, in ascending order; nil when there is none. `fraction` is 0 to 1.
    func quantile(_ fraction: Double) -> Double? {
        guard count > 0 else { return nil }
        if fraction <= 0 { return minimum }
        if fraction >= 1 { return maximum }
        var rank = Int(fraction * Double(count - 1))
        // The most negative number has the highest bucket of its sign.
        if rank < negative.total { return clamp(-Self.value(negative.index(ofRank: negative.total - 1 - rank))) }
        rank -= negative.total
        if rank < zeros { return clamp(0) }
        return clamp(Self.value(positive.index(ofRank: rank - zeros)))
    }

    private func clamp(_ value: Double) -> Double { min(max(value, minimum), maximum) }

    /// The number that is equally far, relatively, from both bounds of a bucket.
    private static func value(_ index: Int) -> Double { 2 * pow(growth, Double(index)) / (growth + 1) }

    /// Counts by index, for a span of indexes that grows as needed.
    private struct Buckets {
        var total = 0
        private var first = 0
        private var counts: [Int] = []

        mutating func add(_ index: Int, _ count: Int) {
            total += count
            if counts.isEmpty { first = index }
            if index < first { extendDown(to: index) }
            if index >= first + counts.count { extendUp(to: index) }
            counts[max(index - first, 0)] += count
        }

        mutating func merge(_ other: Buckets) {
            for (place, count) in other.counts.enumerated() where count > 0 { add(other.first + place, count) }
        }

        func index(ofRank rank: Int) -> Int {
            var passed = 0
            for (place, count) in counts.enumerated() {
                passed += count
                if passed > rank { return first + place }
            }
            return first + counts.count - 1
        }

        private mutating func extendDown(to index: Int) {
            let room = QuantileSketch.bucketsMax - counts.count
            let added = min(first - index, room)
            counts.insert(contentsOf: repeatElement(0, count: added), at: 0)
            first -= added
        }

        private mutating func extendUp(to index: Int) {
            let newFirst = max(first, index - QuantileSketch.bucketsMax + 1)
            if newFirst > first, !counts.isEmpty {
                let dropped = counts.prefix(newFirst - first)
                let collapsed = dropped.reduce(0, +)
                counts.removeFirst(dropped.count)
                if counts.isEmpty { counts.append(0) }
                counts[0] += collapsed
            }
            first = newFirst
            counts.append(contentsOf: repeatElement(0, count: index + 1 - first - counts.count))
        }
    }
}
