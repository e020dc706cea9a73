import TestSupport
import Testing

@testable import Streams

@Suite("The quantile sketch")
struct QuantileSketchTests {
    @Test("is within 1 % of the exact quantile, and merging changes nothing")
    func accuracy() {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for scale in [1e-6, 1, 1e9] {
            let numbers = (0..<3000).map { _ in
                let number = Double.random(in: -1...4, using: &random)
                return (number < 0 ? number : number * number * number) * scale
            }
            var whole = QuantileSketch()
            var parts = [QuantileSketch(), QuantileSketch(), QuantileSketch()]
            for (index, number) in numbers.enumerated() {
                whole.add(number)
                parts[index % 3].add(number)
            }
            var merged = parts[2]
            merged.merge(parts[0])
            merged.merge(parts[1])
            let sorted = numbers.sorted()
            for fraction in [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
                let exact = sorted[Int(fraction * Double(sorted.count - 1))]
                let estimate = whole.quantile(fraction) ?? .nan
                let allowed = exact.magnitude * (QuantileSketch.relativeError + 1e-9) + 1e-9
                #expect((estimate - exact).magnitude <= allowed, "\(fraction) of \(scale): \(estimate), not \(exact)")
                #expect(merged.quantile(fraction) == estimate)
            }
        }
    }

    @Test("keeps at most so many buckets, and the greatest numbers exactly")
    func bounded() {
        var sketch = QuantileSketch()
        #expect(sketch.quantile(0.5) == nil)
        for exponent in stride(from: 300.0, through: -8, by: -1) {
            sketch.add(exponent.sign == .minus ? 1e-8 : pow10(exponent))
        }
        for _ in 0..<1000 { sketch.add(1e300) }
        sketch.add(0)
        #expect(sketch.quantile(0) == 0)
        #expect(sketch.quantile(1).map { ($0 / 1e300 - 1).magnitude < 1e-12 } == true)
        #expect(((sketch.quantile(0.9) ?? 0) / 1e300 - 1).magnitude < 0.011)
    }

    private func pow10(_ exponent: Double) -> Double { (0..<Int(exponent)).reduce(1.0) { value, _ in value * 10 } }
}
