/// Columns of text, each as wide as its widest cell; numbers stand right.
struct TextTable {
    private var rows: [[String]]

    init(_ headings: [String]) { rows = [headings] }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines, the headings first, or nothing where there are only headings.
    var lines: [String] {
        guard rows.count > 1 else { return [] }
        let columns = rows[0].indices
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let areNumbers = columns.map { column in rows.dropFirst().allSatisfy { Self.isNumber($0[column]) } }
        return rows.map { row in
            var line = columns.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return areNumbers[column] ? padding + row[column] : row[column] + padding
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// The same for programs: a tab between the cells, and nothing else.
    var tabSeparatedLines: [String] { rows.map { $0.joined(separator: "\t") } }

    private static func isNumber(_ cell: String) -> Bool {
        !cell.isEmpty && cell.allSatisfy { $0.isNumber || "-.,/s".contains($0) || "KMGTiB ".contains($0) }
            && cell.contains(where: \.isNumber)
    }
}

/// Bytes for people: `512 B`, `1.5 MiB`.
func readableBytes(_ count: some BinaryInteger) -> String {
    var value = Double(count)
    var unit = 0
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024, unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    return unit == 0 ? "\(count) B" : "\((value * 10).rounded() / 10) \(units[unit])"
}
