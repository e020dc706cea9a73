/// The names that log rotation makes.
enum RotatedName {
    private static let separators: Set<Character> = [".", "-", "_"]

    /// The paths whose rotation may have made `path`: `access.log` for `access.log.1`, `access.log-20260131` and `access-20260131.log`.
    static func originals(of path: String) -> [String] {
        guard let slash = path.lastIndex(of: "/") else { return [] }
        let folder = path[...slash]
        let name = path[path.index(after: slash)...]
        let ending = name.lastIndex(of: ".")
        var result: [String] = []
        for cut in name.indices.dropFirst() where separators.contains(name[cut]) {
            result.append("\(folder)\(name[..<cut])")
            if let ending, cut < ending, name[cut..<ending].contains(where: \.isNumber) {
                result.append("\(folder)\(name[..<cut])\(name[ending...])")
            }
        }
        return result
    }
}
