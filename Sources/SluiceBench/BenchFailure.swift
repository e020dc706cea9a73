/// Why a figure could not be measured.
struct BenchFailure: Error, CustomStringConvertible {
    var description: String
}
