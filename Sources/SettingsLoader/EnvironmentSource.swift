import Settings

/// Finds the keys that environment variables mean: `STREAM_BINDINGS_PARSE_IN_GROUP` sets `stream.bindings.parse-in.group`.
///
/// A variable cannot say where a name's dashes are, so it is compared with the names the files have.
struct EnvironmentSource {
    /// Beginnings that are ours alone: a variable with one of them that means nothing is a mistake.
    private static let reserved = [
        "SPRING_CLOUD_STREAM_", "STREAM_BINDINGS_", "STREAM_STAGES_", "STREAM_EMBEDDED_", "STREAM_DEFAULT_",
        "AGENT_INPUTS_",
    ]
    /// The first words of all keys.
    private static let beginnings = Set(
        ConfigSchema.mounts.compactMap { ConfigTree.steps($0.path).first?.uppercased() })
    private static let springPrefix = "springcloud"

    /// What the variables say.
    private(set) var entries: [(variable: String, entry: ConfigEntry)] = []
    private(set) var findings: [Diagnostic] = []

    /// Matches all variables against the keys and these names of bindings, stages and inputs.
    init(_ environment: [String: String], names: [NamedPlace: ConfigWalk.Declaration]) {
        let candidates = environment.filter { variable in
            Self.beginnings.contains { variable.key.uppercased().hasPrefix($0) }
        }
        guard !candidates.isEmpty else { return }
        let paths = Self.paths(names)
        for (variable, value) in candidates.sorted(by: { $0.key < $1.key }) {
            let folded = RelaxedName.fold(variable)
            let plain = folded.hasPrefix(Self.springPrefix) ? String(folded.dropFirst(Self.springPrefix.count)) : folded
            let location = SourceLocation(file: "environment variable \(variable)")
            if let path = paths[plain] ?? paths[folded] {
                let text = ConfigNode(content: .scalar(ConfigText(value, at: location)), location: location)
                entries.append((variable, ConfigEntry(key: path, at: location, value: text)))
            } else if Self.reserved.contains(where: variable.uppercased().hasPrefix) {
                var message = "no key is meant by this; it is ignored"
                if let near = RelaxedName.nearest(to: plain, among: paths.keys), let path = paths[near] {
                    message += "; did you mean '\(path)'?"
                }
                findings.append(Diagnostic(.warning, message, at: location))
            }
        }
    }

    /// Every key that a variable could mean, by its letters and digits.
    private static func paths(_ names: [NamedPlace: ConfigWalk.Declaration]) -> [String: String] {
        var paths: [String: String] = [:]
        for mount in ConfigSchema.mounts where mount.section != .document {
            let scopes = scopes(of: mount.path, names)
            for key in mount.keys where !key.name.contains("<") && !key.name.contains("[") {
                for scope in scopes {
                    let path = "\(scope.path).\(key.name)"
                    let folded = RelaxedName.fold("\(scope.spelling).\(key.name)").filter { $0 != "." }
                    if paths[folded] == nil { paths[folded] = path }
                }
            }
        }
        return paths
    }

    /// A mount's path with each name that may stand in it; a binding's also in its other form.
    private static func scopes(
        of path: String, _ names: [NamedPlace: ConfigWalk.Declaration]
    ) -> [(path: String, spelling: String)] {
        guard let start = path.firstIndex(of: "<"), let end = path.firstIndex(of: ">") else { return [(path, path)] }
        let capture = path[start...end]
        let container =
            switch capture {
            case "<binding>": ConfigSchema.bindings
            case "<stage>": ConfigSchema.stages
            default: ConfigSchema.inputs
            }
        let rest = path[path.index(after: end)...]
        return names.filter { $0.key.container == container }.flatMap { place, declaration in
            let full = capture == "<binding>" ? RelaxedName.canonicalBinding(declaration.name) : declaration.name
            let spellings = capture == "<binding>" && full.hasSuffix("-0") ? [full, String(full.dropLast(2))] : [full]
            return spellings.map { spelling in
                (path: "\(path[..<start])[\(full)]\(rest)", spelling: "\(path[..<start])\(spelling)\(rest)")
            }
        }.sorted { $0.spelling < $1.spelling }
    }
}
