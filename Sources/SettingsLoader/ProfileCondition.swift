import Settings

/// The condition of `on-profile`: a document counts if one of its terms holds.
struct ProfileCondition {
    private let terms: [ConfigText]

    /// Reads the terms of a value.
    init(_ value: ConfigValue) throws(Diagnostic) {
        terms = try SpringKeys.onProfile.elements(value)
        for term in terms where term.text.contains(where: { "()".contains($0) }) {
            throw Diagnostic(
                .error, "brackets in a profile expression are not implemented yet; list the cases, separated by commas",
                at: term.location)
        }
    }

    /// Whether the document counts under these profiles.
    func holds(for profiles: Set<String>) -> Bool {
        terms.contains { term in
            ConfigKey.split(term, at: ["|"]).contains { alternative in
                ConfigKey.split(alternative, at: ["&"]).allSatisfy { name in
                    name.text.hasPrefix("!")
                        ? !profiles.contains(name.text.dropFirst().trimmingSpaces) : profiles.contains(name.text)
                }
            }
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " })
    }
}
