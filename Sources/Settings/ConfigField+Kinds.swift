// The kinds of fields. Each takes its default from `Root.defaults` through the same key path that it sets.

/// A writable path that may cross tasks; the key tables are shared.
package typealias SettingPath<Root, Value> = any (WritableKeyPath<Root, Value> & Sendable)

extension ConfigField where Root: DefaultedSettings {
    /// A text that is not empty.
    package static func text(_ name: String, _ path: SettingPath<Root, String>, _ documentation: String)
        -> ConfigField
    {
        let initial = Root.defaults[keyPath: path]
        let key = ConfigKey(name, .text, default: initial.isEmpty ? nil : initial, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { $0.isEmpty ? nil : $0 }
        }
    }

    /// A text that may be missing.
    package static func text(
        _ name: String, _ path: SettingPath<Root, String?>, default described: String? = nil, _ documentation: String
    ) -> ConfigField {
        let key = ConfigKey(name, .text, default: described, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { $0.isEmpty ? nil : $0 }
        }
    }

    /// A topic's name that may be missing.
    package static func topic(
        _ name: String, _ path: SettingPath<Root, String?>, default described: String, _ documentation: String
    ) -> ConfigField {
        let key = ConfigKey(name, .topic, default: described, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value, ConfigType.parseTopic)
        }
    }

    /// An expression; it is parsed where it is evaluated.
    package static func expression(_ name: String, _ path: SettingPath<Root, SourceText?>, _ documentation: String)
        -> ConfigField
    {
        let key = ConfigKey(name, .expression, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            let text = try key.single(value)
            guard !text.text.isEmpty else { throw key.refusal(of: text) }
            root[keyPath: path] = text.source
        }
    }

    /// A switch.
    package static func boolean(_ name: String, _ path: SettingPath<Root, Bool>, _ documentation: String)
        -> ConfigField
    {
        let key = ConfigKey(name, .boolean, default: String(Root.defaults[keyPath: path]), documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value, ConfigType.parseBoolean)
        }
    }

    /// A whole number.
    package static func integer(
        _ name: String, _ path: SettingPath<Root, Int>, _ range: ClosedRange<Int>, _ documentation: String
    ) -> ConfigField {
        let key = ConfigKey(name, .integer(range), default: String(Root.defaults[keyPath: path]), documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { ConfigType.parseInteger($0, in: range) }
        }
    }

    /// A whole number that may be missing.
    package static func integer(
        _ name: String, _ path: SettingPath<Root, Int?>, _ range: ClosedRange<Int>, default described: String? = nil,
        _ documentation: String
    ) -> ConfigField {
        let key = ConfigKey(name, .integer(range), default: described, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { ConfigType.parseInteger($0, in: range) }
        }
    }

    /// A number.
    package static func number(
        _ name: String, _ path: SettingPath<Root, Double>, _ range: ClosedRange<Double>, _ documentation: String
    ) -> ConfigField {
        let initial = ConfigType.render(Root.defaults[keyPath: path])
        let key = ConfigKey(name, .number(range), default: initial, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { ConfigType.parseNumber($0, in: range) }
        }
    }

    /// A time.
    package static func duration(
        _ name: String, _ path: SettingPath<Root, Duration>, _ range: ClosedRange<Duration>, _ documentation: String
    ) -> ConfigField {
        let initial = ConfigType.render(Root.defaults[keyPath: path])
        let key = ConfigKey(name, .duration(range), default: initial, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { ConfigType.parseDuration($0, in: range) }
        }
    }

    /// A time, or `none` (also Kafka's `-1`).
    package static func duration(
        _ name: String, _ path: SettingPath<Root, Duration?>, _ range: ClosedRange<Duration>,
        _ documentation: String
    ) -> ConfigField {
        let initial = Root.defaults[keyPath: path].map(ConfigType.render) ?? "none"
        let key = ConfigKey(name, .optional(.duration(range)), default: initial, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { text -> Duration?? in
                isNone(text) ? .some(nil) : ConfigType.parseDuration(text, in: range).map(Optional.some)
            }
        }
    }

    /// A size.
    package static func bytes(
        _ name: String, _ path: SettingPath<Root, Int>, _ range: ClosedRange<Int>, _ documentation: String
    ) -> ConfigField {
        let initial = ConfigType.render(bytes: Root.defaults[keyPath: path])
        let key = ConfigKey(name, .bytes(range), default: initial, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { ConfigType.parseBytes($0, in: range) }
        }
    }

    /// A size, or `none` (also Kafka's `-1`).
    package static func bytes(
        _ name: String, _ path: SettingPath<Root, Int?>, _ range: ClosedRange<Int>, _ documentation: String
    ) -> ConfigField {
        let initial = Root.defaults[keyPath: path].map(ConfigType.render(bytes:)) ?? "none"
        let key = ConfigKey(name, .optional(.bytes(range)), default: initial, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { text -> Int?? in
                isNone(text) ? .some(nil) : ConfigType.parseBytes(text, in: range).map(Optional.some)
            }
        }
    }

    /// One of an enumeration's words.
    package static func choice<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: SettingPath<Root, Word>, _ documentation: String
    ) -> ConfigField {
        let key = ConfigKey(
            name, .choice(Word.allCases.map(\.rawValue)), default: Root.defaults[keyPath: path].rawValue, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value, word)
        }
    }

    /// One of an enumeration's words, or nothing.
    package static func choice<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: SettingPath<Root, Word?>, default described: String? = nil, _ documentation: String
    ) -> ConfigField {
        let key = ConfigKey(name, .choice(Word.allCases.map(\.rawValue)), default: described, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { text -> Word? in word(text) }
        }
    }

    /// One of these words.
    package static func choice(
        _ name: String, _ path: SettingPath<Root, String>, of words: [String], _ documentation: String
    ) -> ConfigField {
        let key = ConfigKey(name, .choice(words), default: Root.defaults[keyPath: path], documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.parse(value) { ConfigType.parseChoice($0, of: words) }
        }
    }

    /// A list of texts.
    package static func texts(
        _ name: String, _ path: SettingPath<Root, [String]>, default described: String? = "[]", _ documentation: String
    ) -> ConfigField {
        let key = ConfigKey(name, .list(.text), default: described, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.elements(value).map(\.text)
        }
    }

    /// A list of texts that may be missing.
    package static func texts(_ name: String, _ path: SettingPath<Root, [String]?>, _ documentation: String)
        -> ConfigField
    {
        let key = ConfigKey(name, .list(.text), documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root[keyPath: path] = try key.elements(value).map(\.text)
        }
    }

    private static func isNone(_ text: String) -> Bool { text == "-1" || text.lowercased() == "none" }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String) -> Word? {
        ConfigType.parseChoice(text, of: Word.allCases.map(\.rawValue)).flatMap(Word.init(rawValue:))
    }
}
