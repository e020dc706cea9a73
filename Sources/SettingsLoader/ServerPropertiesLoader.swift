import Settings

/// Loads a `server.properties` of Apache Kafka. `docs/server-properties.md` lists the keys.
package struct ServerPropertiesLoader {
    /// The settings with what the file says; with errors among the findings they are not to be run.
    package let settings: BrokerSettings
    /// Errors and warnings, in the order of the file's lines.
    package let diagnostics: [Diagnostic]

    /// Reads and checks a file, all of it.
    /// - Parameter settings: what holds where the file says nothing.
    package init(_ path: String, onto settings: BrokerSettings = BrokerSettings()) {
        do throws(Diagnostic) {
            self.init(try ConfigFiles.text(path), file: path, onto: settings)
        } catch {
            self.init(settings, [error])
        }
    }

    private init(_ settings: BrokerSettings, _ diagnostics: [Diagnostic]) {
        self.settings = settings
        self.diagnostics = diagnostics
    }

    /// Reads and checks a text.
    init(_ text: String, file: String, onto settings: BrokerSettings = BrokerSettings()) {
        let reader = PropertiesReader(text, file: file)
        var findings = reader.findings
        var values: [String: PropertiesReader.Property] = [:]
        for property in reader.properties {
            if let first = values.updateValue(property, forKey: property.name) {
                findings.append(
                    Diagnostic(
                        .warning,
                        "'\(property.name)' is set twice; this one counts, not that of line \(first.location.line)",
                        at: property.location))
                // What is to be said of the key is said once.
                continue
            }
            if let finding = Self.finding(property) { findings.append(finding) }
        }
        var properties = ServerProperties(settings)
        for field in ServerProperties.fields {
            guard let property = values[field.key.name] else { continue }
            do throws(Diagnostic) {
                try field.set(.one(property.value), [], &properties)
            } catch {
                findings.append(error)
            }
        }
        findings += properties.finish()
        findings.sort {
            ($0.location?.line ?? 0, $0.location?.column ?? 0) < ($1.location?.line ?? 0, $1.location?.column ?? 0)
        }
        self.init(properties.settings, findings)
    }

    /// What there is to say about a key whose value is not looked at.
    private static func finding(_ property: PropertiesReader.Property) -> Diagnostic? {
        let name = property.name
        guard let key = ServerProperties.key(named: name) else {
            let known = ServerProperties.keys.map(\.name).filter { !$0.hasSuffix(".*") }
            let advice =
                RelaxedName.nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                ?? "it is none of Kafka's keys for a broker that docs/server-properties.md lists; delete the line, or put # before it"
            return Diagnostic(.error, "unknown key '\(name)'; \(advice)", at: property.location)
        }
        switch key.status {
        case .implemented, .alias: return nil
        case .planned where ServerProperties.isHarmless(name, property.value.text):
            return Diagnostic(.warning, "'\(name)' has no effect: it asks for what is so anyway", at: property.location)
        case .planned(let advice):
            return Diagnostic(.error, "'\(name)' is not implemented yet; \(advice)", at: property.location)
        case .withoutEffect(let reason):
            return Diagnostic(.warning, "'\(name)' has no effect: \(reason)", at: property.location)
        }
    }
}
