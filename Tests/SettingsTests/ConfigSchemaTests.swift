import Foundation
import Testing

@testable import Settings

@Suite("The key tables")
struct ConfigSchemaTests {
    @Test("no key stands twice at one place")
    func unique() {
        var seen: Set<String> = []
        for mount in ConfigSchema.mounts {
            for key in mount.keys {
                let path = "\(mount.path).\(RelaxedName.fold(key.name))"
                #expect(seen.insert(path).inserted, "\(mount.path).\(key.name) is declared twice")
            }
        }
    }

    @Test("a key's names are in kebab case, and it says what it does")
    func documented() {
        for mount in ConfigSchema.mounts {
            for key in mount.keys {
                #expect(key.name == key.name.lowercased())
                #expect(!key.documentation.isEmpty, "\(mount.path).\(key.name)")
            }
        }
    }

    @Test("an alias names a key of its section")
    func aliases() {
        for mount in ConfigSchema.mounts {
            for key in mount.keys {
                guard case .alias(let target, _) = key.status else { continue }
                let targets = ConfigSchema.mounts.filter { $0.section == mount.section }.flatMap(\.keys)
                #expect(targets.contains { $0.name == target && $0.status == .implemented }, "\(key.name)")
            }
        }
    }

    @Test("every default is a value that its own key takes")
    func defaults() throws {
        func check<Root: DefaultedSettings>(_ fields: [ConfigField<Root>]) throws {
            for field in fields {
                guard let text = field.key.defaultText, text.isValue(of: field.key.type) else { continue }
                var root = Root.defaults
                try field.set(.one(ConfigText(text, at: SourceLocation(file: "default"))), ["x"], &root)
            }
        }
        try check(AgentSettings.fields)
        try check(FileInputSettings.fields)
        try check(StreamSettings.fields)
        try check(BindingSettings.fields)
        try check(ConsumerSettings.fields + ConsumerSettings.embeddedFields)
        try check(ProducerSettings.fields + ProducerSettings.embeddedFields)
        try check(EmbeddedSettings.fields)
        try check(StageDraft.fields)
    }

    @Test("the key reference is up to date; SLUICE_REGENERATE=1 writes it anew")
    func reference() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/configuration.md")
        let actual = try String(contentsOf: page, encoding: .utf8)
        let marker = try #require(actual.firstRange(of: ConfigReference.marker), "the page has lost its marker")
        let expected = ConfigReference.page(introduction: actual[..<marker.lowerBound])
        if ProcessInfo.processInfo.environment["SLUICE_REGENERATE"] == "1" {
            try expected.write(to: page, atomically: true, encoding: .utf8)
        } else {
            #expect(actual == expected, "docs/configuration.md is stale; run the test with SLUICE_REGENERATE=1")
        }
    }
}

extension String {
    /// Whether a default is a value, and not a description of one that depends on other keys.
    fileprivate func isValue(of type: ConfigType) -> Bool {
        switch type {
        case .integer, .number, .duration, .bytes: first?.isNumber == true
        case .limit: Int(self) != nil
        case .boolean: self == "true" || self == "false"
        case .choice(let words): words.contains(self)
        case .optional(let inner): self == "none" || isValue(of: inner)
        case .listenAddress: contains(":")
        case .text, .anyText, .topic, .advertisedAddress, .expression, .list, .anything: false
        }
    }
}
