/// The keys as a tree: what may stand below what. The loader walks a configuration along it.
package struct ConfigTree: Sendable {
    /// A place in the tree.
    package struct Node: Sendable {
        /// Keys below this place by their relaxed form.
        package fileprivate(set) var children: [String: Int] = [:]
        /// The same keys as they are written in messages.
        package fileprivate(set) var childNames: [String] = []
        /// The place below any name, and what the name is, such as `<binding>`.
        package fileprivate(set) var capture: (name: String, node: Int)?
        /// The place below an index.
        package fileprivate(set) var element: Int?
        /// The key whose name takes all the rest of the path.
        package fileprivate(set) var rest: Terminal?
        /// The key that ends here.
        package fileprivate(set) var terminal: Terminal?
        /// Whether keys that are unknown below are others' and not mistakes.
        package fileprivate(set) var isOpen = false
        /// The path as it is written in messages, from the root.
        package fileprivate(set) var path: [String] = []
    }

    /// A key at one of its places.
    package struct Terminal: Sendable {
        /// The key.
        package let key: ConfigKey
        /// What it is bound to.
        package let section: ConfigSection
    }

    /// The places; the first is the root.
    package private(set) var nodes: [Node] = [Node()]

    /// The tree of all keys.
    package static let all = ConfigTree(ConfigSchema.mounts)

    /// Makes the tree of these mounts.
    package init(_ mounts: [ConfigMount]) {
        for mount in mounts {
            let base = descend(Self.steps(mount.path), from: 0)
            for key in mount.keys { insert(Terminal(key: key, section: mount.section), from: base) }
        }
        // Spring's root is the same place as ours, so every key stands there too.
        let stream = descend(ConfigSchema.streamRoot, from: 0)
        let above = descend(ConfigSchema.springRoot.dropLast(), from: 0)
        if let last = ConfigSchema.springRoot.last {
            nodes[above].children[RelaxedName.fold(last)] = stream
            nodes[above].childNames.append(last)
        }
        for path in ConfigSchema.openPaths { nodes[descend(path, from: 0)].isOpen = true }
    }

    /// The place below `node` under a name, by the relaxed form.
    package func child(_ name: String, of node: Int) -> Int? { nodes[node].children[RelaxedName.fold(name)] }

    /// The keys below a place that a message offers, in alphabetical order.
    package func offered(below node: Int) -> [String] {
        nodes[node].childNames.filter { name in
            guard let child = child(name, of: node), let key = nodes[child].terminal?.key else { return true }
            if case .planned = key.status { return false }
            return true
        }.sorted()
    }

    private mutating func insert(_ terminal: Terminal, from base: Int) {
        let steps = Self.steps(terminal.key.name)
        if let last = steps.last, last.hasSuffix("*>") {
            nodes[descend(steps.dropLast(), from: base)].rest = terminal
        } else {
            let end = descend(steps, from: base)
            if nodes[end].terminal == nil { nodes[end].terminal = terminal }
        }
    }

    private mutating func descend(_ steps: some Sequence<String>, from start: Int) -> Int {
        var node = start
        for step in steps {
            if step.hasPrefix("<") {
                if let known = nodes[node].capture {
                    node = known.node
                } else {
                    let made = make(step, below: node)
                    nodes[node].capture = (step, made)
                    node = made
                }
            } else if step == "[]" {
                let made = nodes[node].element ?? make(step, below: node)
                nodes[node].element = made
                node = made
            } else {
                let folded = RelaxedName.fold(step)
                if let known = nodes[node].children[folded] {
                    node = known
                } else {
                    let made = make(step, below: node)
                    nodes[node].children[folded] = made
                    nodes[node].childNames.append(step)
                    node = made
                }
            }
        }
        return node
    }

    private mutating func make(_ step: String, below parent: Int) -> Int {
        var node = Node()
        node.path = nodes[parent].path + [step]
        nodes.append(node)
        return nodes.count - 1
    }

    /// The steps of a path: `rules[<n>].when` has the steps `rules`, `[]`, `when`.
    package static func steps(_ path: String) -> [String] {
        var steps: [String] = []
        for step in path.split(separator: ".").map(String.init) {
            if step.hasSuffix("[<n>]") {
                steps += [String(step.dropLast("[<n>]".count)), "[]"]
            } else {
                steps.append(step)
            }
        }
        return steps
    }
}
