import Records
import SegmentedLog

/// What is durably known of one topic.
package struct TopicDescription: Sendable, Equatable {
    /// The name, valid by Kafka's rules.
    package var name: String
    /// 128 random bits in hexadecimal: a topic deleted and made again is another one.
    package var id: String
    /// The partitions, numbered from 0.
    package var partitionCount: Int32
    /// What the topic sets for itself.
    package var config: TopicConfig
    /// Its deletion has begun: the folders go, then this entry.
    package var isDeleting: Bool = false

    /// The partitions in order.
    package var partitions: [TopicPartition] {
        (0..<partitionCount).map { TopicPartition(topic: name, partition: $0) }
    }

    /// How its partitions' logs are kept, with the broker's config where the topic says nothing.
    func logConfig(inheriting broker: BrokerConfig) -> LogConfig {
        var result = config.logConfig(inheriting: broker)
        // What clients may send is no limit for the broker's own records.
        if Topic.internalNames.contains(name) { result.maxBatchBytes = result.segmentBytes }
        return result
    }

    /// The partition's folder in the data directory, as Kafka names it.
    package static func folder(_ topicPartition: TopicPartition) -> String {
        "\(topicPartition.topic)-\(topicPartition.partition)"
    }

    /// What no topic has.
    static let noId = String(repeating: "0", count: 32)

    static func randomId() -> String {
        let digits = String(UInt128.random(in: 0...UInt128.max), radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}

/// The file `topics` of a data directory: one line per topic. Format: `docs/formats/data-directory.md`.
package enum TopicCatalog {
    /// Kafka has no limit; here a partition takes some kilobytes of memory and some system calls at each start.
    static let partitionCountMax: Int32 = 10_000

    /// The topics of a data directory, also while another process works on it.
    package static func read(directory: String, disk: any Disk = FileDisk()) throws(BrokerError) -> [TopicDescription] {
        try load(file(directory, disk)).filter { !$0.isDeleting }
    }

    static func file(_ directory: String, _ disk: any Disk) -> ChecksummedFile {
        ChecksummedFile(directory: directory, name: "topics", title: "sluice-topics 1", disk: disk)
    }

    /// Makes sure that a directory without a catalog has no partitions either: it would be Kafka's own, or a backup that was restored in part, and what is in it would be taken for
    /// the records of whatever topic is made next, and deleted when they are old.
    /// - Throws: `.corrupt`, with what was found.
    static func requireCatalog(_ file: ChecksummedFile) throws(BrokerError) {
        guard try file.read() == nil else { return }
        let names = try inBrokerTerms("cannot read \(file.directory)") { () throws(LogError) in
            try file.disk.openDirectory(file.directory, create: true)
        }
        guard let found = names.sorted().first(where: { $0 == "meta.properties" || isPartitionFolder($0) }) else {
            return
        }
        throw BrokerError(
            .corrupt,
            "\(file.directory) holds '\(found)' and no file '\(file.name)': it is another program's, such as Kafka's, or '\(file.name)' was lost; "
                + "name another folder with --data-dir, or restore the file")
    }

    private static func isPartitionFolder(_ name: String) -> Bool {
        guard let dash = name.lastIndex(of: "-"), dash > name.startIndex else { return false }
        return Int32(name[name.index(after: dash)...]).map { $0 >= 0 } ?? false
    }

    static func load(_ file: ChecksummedFile) throws(BrokerError) -> [TopicDescription] {
        var topics: [TopicDescription] = []
        for line in try file.read() ?? [] {
            do throws(BrokerError) {
                topics.append(try decode(line))
            } catch {
                throw BrokerError(.corrupt, "the line '\(line)' is no topic", path: file.path, cause: error)
            }
        }
        return topics
    }

    static func save(
        _ topics: [TopicDescription], to file: ChecksummedFile, spending ballast: Ballast
    ) throws(BrokerError) {
        try file.replace(with: topics.sorted { $0.name < $1.name }.map(encode), spending: ballast)
    }

    private static func encode(_ topic: TopicDescription) -> String {
        let words = [topic.isDeleting ? "deleting" : "topic", topic.name, "\(topic.partitionCount)", topic.id]
        return (words + topic.config.entries.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
    }

    private static func decode(_ line: Substring) throws(BrokerError) -> TopicDescription {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 4, words[0] == "topic" || words[0] == "deleting" else {
            throw BrokerError(.corrupt, "'topic' or 'deleting', a name, a count and an id are needed")
        }
        guard let count = Int32(words[2]), (1...partitionCountMax).contains(count) else {
            throw BrokerError(.corrupt, "'\(words[2])' is no count of partitions")
        }
        try TopicName.validate(words[1])
        var config = TopicConfig()
        for word in words.dropFirst(4) {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw BrokerError(.corrupt, "'\(word)' has no value") }
            try config.set(parts[0], to: parts[1])
        }
        return TopicDescription(
            name: words[1], id: words[3], partitionCount: count, config: config, isDeleting: words[0] == "deleting")
    }
}
