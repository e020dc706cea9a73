import SegmentedLog
import Settings

/// What topics follow where they set nothing: what was changed while the broker ran, before what it was started with.
struct BrokerConfig: Sendable, Equatable {
    /// What the broker was started with.
    let settings: EmbeddedSettings
    /// What was changed while it ran, and holds after the next start too.
    var changed = TopicConfig(scope: .broker)

    /// What holds for a topic that does not set it.
    func value(of key: TopicConfigKey) -> String { changed[key] ?? key.fallback(settings) }

    /// Carries out one change.
    /// - Throws: `.invalid` for a name or value that does not exist, or one that is no list.
    mutating func apply(_ change: TopicConfigChange) throws(BrokerError) {
        try changed.apply(change, inheriting: BrokerConfig(settings: settings))
    }
}

/// The file `broker-configs` of a data directory: one line for each config. Format: `docs/formats/data-directory.md`.
enum BrokerConfigFile {
    static func file(_ directory: String, _ disk: any Disk) -> ChecksummedFile {
        ChecksummedFile(directory: directory, name: "broker-configs", title: "sluice-broker-configs 1", disk: disk)
    }

    /// What was changed while an earlier process ran.
    static func load(_ file: ChecksummedFile) throws(BrokerError) -> TopicConfig {
        var config = TopicConfig(scope: .broker)
        for line in try file.read() ?? [] {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            do throws(BrokerError) {
                guard parts.count == 2 else { throw BrokerError(.corrupt, "there is no value") }
                try config.set(parts[0], to: parts[1])
            } catch {
                throw BrokerError(.corrupt, "the line '\(line)' is no config", path: file.path, cause: error)
            }
        }
        return config
    }

    static func save(_ config: TopicConfig, to file: ChecksummedFile, spending ballast: Ballast) throws(BrokerError) {
        try file.replace(with: config.entries.map { "\($0.name)=\($0.value)" }, spending: ballast)
    }
}
