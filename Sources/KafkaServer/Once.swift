extension Sequence {
    /// Each element once, by what tells it from others: a small request could otherwise ask for a large answer very often.
    func once<Key: Hashable>(by key: (Element) -> Key) -> [Element] {
        var seen: Set<Key> = []
        return filter { seen.insert(key($0)).inserted }
    }
}

/// The names that come more than once: none of these requests may name a thing twice.
func repeated<Name: Hashable>(_ names: [Name]) -> Set<Name> {
    var seen: Set<Name> = []
    return Set(names.filter { !seen.insert($0).inserted })
}
