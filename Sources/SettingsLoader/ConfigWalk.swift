import Settings

/// Walks a document along the tree of keys: finds what each value belongs to, and what belongs to nothing.
struct ConfigWalk {
    /// A name of a binding, stage or input as it is first written.
    struct Declaration {
        var name: String
        var location: SourceLocation
    }

    /// Where the walk stands.
    private struct Trail {
        var place = 0
        var captures: [String] = []
        var path: [String] = []
        var isSpring = false
    }

    private let tree = ConfigTree.all
    /// Whether unknown keys at the root are others' business, as in a Spring application's file.
    private let isSpringFile: Bool
    private(set) var leaves: [ConfigLeaf] = []
    private(set) var declarations: [NamedPlace: Declaration] = [:]
    private(set) var findings: [Diagnostic] = []
    /// Whether something was refused that may hold whole bindings or stages: what is missing then is no finding.
    private(set) var isIncomplete = false

    /// Prepares to walk the documents of one source.
    init(isSpringFile: Bool) { self.isSpringFile = isSpringFile }

    /// Walks a document from its root.
    mutating func walk(_ document: ConfigNode) {
        switch document.content {
        case .null: break
        case .map(let entries): for entry in entries { walk(entry, from: Trail()) }
        case .scalar, .list:
            isIncomplete = true
            let message = "a configuration is a mapping that begins with 'stream:', 'agent:' or 'spring:'"
            report(.error, message, document.location)
        }
    }

    private mutating func walk(_ entry: ConfigEntry, from trail: Trail) {
        let node = tree.nodes[trail.place]
        var next = trail
        next.path.append(entry.name)
        next.isSpring = trail.isSpring || (trail.path.isEmpty && RelaxedName.fold(entry.name) == "spring")
        if let index = Self.index(entry.name), let element = node.element {
            next.place = element
            next.captures.append(String(index))
        } else if let child = tree.child(entry.name, of: trail.place) {
            next.place = child
        } else if let capture = node.capture {
            next.place = capture.node
            next.captures.append(entry.name)
            let container = node.path.joined(separator: ".")
            let key = NamedPlace.fold(entry.name, isBinding: capture.name == "<binding>")
            let place = NamedPlace(container: container, key: key)
            if declarations[place] == nil {
                declarations[place] = Declaration(name: entry.name, location: entry.location)
            }
        } else if let rest = node.rest {
            take(rest, entry, prefix: "", trail)
            return
        } else {
            unknown(entry, from: trail)
            return
        }
        visit(entry, next)
    }

    /// Looks at the value of a key that is known.
    private mutating func visit(_ entry: ConfigEntry, _ trail: Trail) {
        let node = tree.nodes[trail.place]
        let isContainer =
            !node.children.isEmpty || node.capture != nil || node.rest != nil || node.element != nil
        if let terminal = node.terminal, case .anything = terminal.key.type, terminal.isInert {
            inert(terminal, entry, trail)
            return
        }
        switch entry.value.content {
        case .null:
            if !isContainer {
                report(.error, "'\(entry.name)' has no value; write one or remove the key", entry.location)
            }
        case .map(let entries) where isContainer:
            for inner in entries { walk(inner, from: trail) }
        case .list(let elements) where node.element != nil:
            for (index, element) in elements.enumerated() {
                walk(ConfigEntry(key: "[\(index)]", at: element.location, value: element), from: trail)
            }
        case .scalar, .list, .map:
            if let terminal = node.terminal {
                take(terminal, entry, captures: trail.captures, trail)
            } else {
                mistaken(entry)
            }
        }
    }

    /// Collects a key whose name takes all the rest of the path, dots included.
    private mutating func take(_ rest: ConfigTree.Terminal, _ entry: ConfigEntry, prefix: String, _ trail: Trail) {
        let name = prefix.isEmpty ? entry.name : "\(prefix).\(entry.name)"
        if case .map(let entries) = entry.value.content {
            for inner in entries { take(rest, inner, prefix: name, trail) }
        } else {
            take(rest, entry, captures: trail.captures + [name], trail)
        }
    }

    /// Keeps a value for its key.
    private mutating func take(
        _ terminal: ConfigTree.Terminal, _ entry: ConfigEntry, captures: [String], _ trail: Trail
    ) {
        let key = terminal.key
        guard let value = value(of: entry, for: key) else { return }
        var name = key.name
        if case .alias(let target, let note) = key.status {
            name = target
            if let note { report(.warning, "'\(entry.name)' is taken for '\(target)': \(note)", entry.location) }
        }
        if trail.isSpring, let note = key.springNote { report(.warning, note, entry.location) }
        let isScoped = terminal.section.path.contains("<")
        let scope = isScoped ? captures.first ?? "" : ""
        let isBinding = terminal.section.path.contains("<binding>")
        leaves.append(
            ConfigLeaf(
                id: LeafID(
                    section: terminal.section, scope: NamedPlace.fold(scope, isBinding: isBinding), name: name,
                    captures: isScoped ? Array(captures.dropFirst()) : captures),
                key: key, keyLocation: entry.location, value: value, path: trail.path.joined(separator: ".")))
    }

    /// The value in the shape the key takes, or nil with a finding.
    private mutating func value(of entry: ConfigEntry, for key: ConfigKey) -> ConfigValue? {
        switch entry.value.content {
        case .scalar(let text): return .one(text)
        case .null:
            report(.error, "'\(entry.name)' has no value; write one or remove the key", entry.location)
        case .map:
            report(.error, "'\(entry.name)' takes \(key.type.requirement), not a mapping", entry.value.location)
        case .list(let elements):
            guard key.type.takesList else {
                report(.error, "'\(entry.name)' takes \(key.type.requirement), not a list", entry.value.location)
                return nil
            }
            var texts: [ConfigText] = []
            for element in elements {
                guard case .scalar(let text) = element.content else {
                    report(.error, "an element of '\(entry.name)' must be a text", element.location)
                    return nil
                }
                texts.append(text)
            }
            return .many(texts, at: entry.value.location)
        }
        return nil
    }

    /// A key that is refused or has no effect, and all below it.
    private mutating func inert(_ terminal: ConfigTree.Terminal, _ entry: ConfigEntry, _ trail: Trail) {
        if case .map(let entries) = entry.value.content, !tree.nodes[trail.place].children.isEmpty {
            for inner in entries {
                if tree.child(inner.name, of: trail.place) != nil {
                    walk(inner, from: trail)
                } else {
                    inert(terminal.key, inner.name, inner.location)
                }
            }
        } else {
            inert(terminal.key, entry.name, entry.location)
        }
    }

    private mutating func inert(_ key: ConfigKey, _ name: String, _ location: SourceLocation) {
        switch key.status {
        case .planned(let advice): report(.error, "'\(name)' is not implemented yet; \(advice)", location)
        case .withoutEffect(let reason): report(.warning, "'\(name)' has no effect: \(reason)", location)
        case .implemented, .alias: break
        }
    }

    /// A text or a list where keys belong.
    private mutating func mistaken(_ entry: ConfigEntry) {
        switch entry.value.content {
        case .scalar(let text):
            if YAMLSyntax.missingSpace(in: text.text[...]) != nil {
                report(.error, "a space is missing after the ':' in '\(text.text)'", text.location)
            } else {
                report(.error, "'\(entry.name)' holds further keys; it has no value of its own", text.location)
            }
        case .null, .list, .map:
            report(.error, "'\(entry.name)' holds further keys, not a list", entry.value.location)
        }
        isIncomplete = true
    }

    private mutating func unknown(_ entry: ConfigEntry, from trail: Trail) {
        let node = tree.nodes[trail.place]
        let offered = tree.offered(below: trail.place)
        let near = RelaxedName.nearest(to: entry.name, among: offered)
        if trail.path.isEmpty ? isSpringFile : node.isOpen {
            // Below `spring.cloud` a name that is nearly ours is a slip of the pen; elsewhere it is another library's.
            guard node.path.first == "spring", node.path.count == 2, near != nil else { return }
        }
        if node.path.count < 3 { isIncomplete = true }
        var message = "unknown key '\(entry.name)'"
        if let near {
            message += "; did you mean '\(near)'?"
        } else if let place = misplaced(entry.name, below: node.path) {
            message += " here; it belongs to \(place)"
        } else if !offered.isEmpty {
            message += "; the keys here are \(offered.joined(separator: ", "))"
        } else {
            message += "; '\(trail.path.last ?? "")' takes a value, no keys"
        }
        report(.error, message, entry.location)
    }

    /// Where a key that is unknown here is known: the place that shares the longest beginning.
    private func misplaced(_ name: String, below path: [String]) -> String? {
        let folded = RelaxedName.fold(name)
        var best: (place: String, shared: Int)?
        for mount in ConfigSchema.mounts {
            let steps = ConfigTree.steps(mount.path)
            let shared = zip(path, steps).prefix { $0 == $1 }.count
            for key in mount.keys where RelaxedName.fold(key.name) == folded && !Self.isRefused(key) {
                if shared > (best?.shared ?? 0) { best = (mount.path, shared) }
            }
        }
        return best?.place
    }

    private static func isRefused(_ key: ConfigKey) -> Bool {
        if case .planned = key.status { true } else { false }
    }

    private static func index(_ name: String) -> Int? {
        guard name.hasPrefix("["), name.hasSuffix("]") else { return nil }
        return Int(name.dropFirst().dropLast())
    }

    private mutating func report(_ severity: Diagnostic.Severity, _ message: String, _ location: SourceLocation) {
        findings.append(Diagnostic(severity, message, at: location))
    }
}

extension ConfigTree.Terminal {
    /// Whether the key is only reported, never bound.
    fileprivate var isInert: Bool {
        switch key.status {
        case .planned, .withoutEffect: true
        case .implemented, .alias: false
        }
    }
}
