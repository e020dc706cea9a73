import Foundation

extension Array where Element: Comparable {
    /// The middle element, the greater of two.
    var median: Element { sorted()[count / 2] }
}

extension [Double] {
    /// The smallest element that is not below that part of them.
    func quantile(_ part: Double) -> Double { isEmpty ? 0 : sorted()[Swift.min(count - 1, Int(Double(count) * part))] }
}

extension Double {
    /// The number with `places` decimal places.
    func text(places: Int) -> String { String(format: "%.\(places)f", self) }
}

/// Prints a line at once, so that a figure is seen when it is there, in a file too.
func show(_ line: String) {
    print(line)
    fflush(nil)
}
