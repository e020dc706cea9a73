import TestSupport

/// The names in one folder, and the numbers of what they stand for: on the device, and as the process sees them.
struct FolderImage: Sendable {
    enum Change: Sendable {
        case link(String, Int)
        case unlink(String)
        /// At once, also on the device.
        case rename(String, to: String, Int)
    }

    private(set) var durable: [String: Int] = [:]
    private(set) var current: [String: Int] = [:]
    private(set) var unsynced: [Change] = []

    init() {}

    init(durable: [String: Int]) {
        self.durable = durable
        current = durable
    }

    mutating func change(_ change: Change) {
        Self.apply(change, to: &current)
        unsynced.append(change)
    }

    mutating func sync() {
        durable = current
        unsynced.removeAll()
    }

    func survivor(_ survival: Survival, _ generator: inout SeededGenerator) -> FolderImage {
        var names = durable
        switch survival {
        case .process: return self
        case .nothing: break
        case .everything: names = current
        case .prefix:
            for change in unsynced.prefix(generator.below(unsynced.count + 1)) { Self.apply(change, to: &names) }
        case .sectors:
            let inTen = [1, 5, 9][generator.below(3)]
            for change in unsynced where generator.below(10) < inTen { Self.apply(change, to: &names) }
        }
        return FolderImage(durable: names)
    }

    private static func apply(_ change: Change, to names: inout [String: Int]) {
        switch change {
        case .link(let name, let number): names[name] = number
        case .unlink(let name): names[name] = nil
        case .rename(let name, let newName, let number):
            // By number: the name it had may never have reached the device.
            if names[name] == number { names[name] = nil }
            names[newName] = number
        }
    }
}
