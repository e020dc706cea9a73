/// Names as Spring compares them: without regard to case, dashes and underscores.
package enum RelaxedName {
    /// The form under which `maxAttempts`, `max-attempts` and `MAX_ATTEMPTS` are the same.
    package static func fold(_ name: String) -> String {
        name.filter { $0 != "-" && $0 != "_" }.lowercased()
    }

    /// The full name of a binding: `parse-in` is short for `parse-in-0`, likewise for outputs.
    package static func canonicalBinding(_ name: String) -> String {
        let lowered = name.lowercased()
        return lowered.hasSuffix("-in") || lowered.hasSuffix("-out") ? name + "-0" : name
    }

    /// The name of those known that is most like a mistyped one, nil if none is near.
    ///
    /// Near is an edit distance (with neighbouring letters swapped as one edit) of up to a third of the length, at least
    /// two for names of more than three letters, or that one of the two is the beginning of the other.
    package static func nearest(to name: String, among known: some Sequence<String>) -> String? {
        let typed = fold(name)
        guard !typed.isEmpty else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in known {
            let folded = fold(candidate)
            let limit = max(min(folded.count, typed.count) > 3 ? 2 : 1, max(folded.count, typed.count) / 3)
            var distance = editDistance(Array(typed.unicodeScalars), Array(folded.unicodeScalars))
            let isBeginning = typed.count >= 3 && (folded.hasPrefix(typed) || typed.hasPrefix(folded))
            if distance > limit, isBeginning, folded.count >= 3 { distance = limit }
            guard distance <= limit, distance < (best?.distance ?? Int.max) else { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// The optimal string alignment distance of two texts.
    private static func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row] + [Int](repeating: 0, count: right.count)
            for column in 1...right.count {
                let substitution = last[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
                current[column] = min(last[column] + 1, current[column - 1] + 1, substitution)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    current[column] = min(current[column], beforeLast[column - 2] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
