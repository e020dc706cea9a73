import Settings
import Testing

@testable import BrokerCore

@Suite("The configs of topics")
struct TopicConfigTests {
    private func refusal(_ name: String, _ value: String) -> String {
        var config = TopicConfig()
        return #expect(throws: BrokerError.self) { try config.set(name, to: value) }?.message ?? ""
    }

    @Test("a name that does not exist is told with the nearest one")
    func unknown() {
        #expect(refusal("retenton.ms", "1") == "a topic has no config 'retenton.ms'; did you mean 'retention.ms'?")
        #expect(refusal("", "1").hasPrefix("a topic has no config ''"))
    }

    @Test(
        "a value that is none is refused",
        arguments: [
            ("retention.ms", "-2"), ("retention.ms", "1h"), ("segment.bytes", "0"), ("segment.bytes", "2147483648"),
            ("cleanup.policy", ""), ("cleanup.policy", "delete,shrink"), ("min.cleanable.dirty.ratio", "1.1"),
            ("min.cleanable.dirty.ratio", "nan"), ("preallocate", "yes"), ("message.timestamp.type", "createTime"),
            ("compression.type", "gzip"), ("remote.storage.enable", "true"),
        ])
    func badValue(name: String, value: String) {
        #expect(refusal(name, value).hasPrefix("\(name)=\(value)"))
    }

    @Test("every config keeps what it is by default, and one line of the catalog holds all of them")
    func defaults() throws {
        var config = TopicConfig()
        let broker = BrokerConfig(settings: EmbeddedSettings())
        for key in TopicConfigKey.all { try config.set(key.name, to: broker.value(of: key)) }
        #expect(config.entries.count == TopicConfigKey.all.count)
        #expect(config.entries.allSatisfy { !$0.value.contains(" ") })
        #expect(config.logConfig(inheriting: broker) == TopicConfig().logConfig(inheriting: broker))
    }

    @Test("lists are added to and taken from")
    func lists() throws {
        let broker = BrokerConfig(settings: EmbeddedSettings())
        var config = TopicConfig()
        try config.apply(.append("cleanup.policy", " compact"), inheriting: broker)
        #expect(config[TopicConfigKey.cleanupPolicy] == "compact,delete")
        try config.apply(.subtract("cleanup.policy", "delete"), inheriting: broker)
        #expect(config[TopicConfigKey.cleanupPolicy] == "compact")
        #expect(throws: BrokerError.self) {
            try config.apply(.subtract("cleanup.policy", "compact"), inheriting: broker)
        }
        #expect(throws: BrokerError.self) { try config.apply(.append("retention.ms", "1"), inheriting: broker) }
        try config.apply(.reset("cleanup.policy"), inheriting: broker)
        #expect(config == TopicConfig())
    }

    @Test("what a topic does not set follows the settings")
    func following() throws {
        var settings = EmbeddedSettings(segmentBytes: 50 << 20)
        settings.topicDefaults.cleanupPolicy = .compactAndDelete
        settings.topicDefaults.timestampType = .logAppendTime
        let broker = BrokerConfig(settings: settings)
        var config = TopicConfig()
        #expect(config.logConfig(inheriting: broker).cleanupPolicy == .compactAndDelete)
        #expect(config.logConfig(inheriting: broker).timestampType == .logAppend)
        #expect(config.logConfig(inheriting: broker).segmentBytes == 16 << 20)
        try config.set("cleanup.policy", to: "delete")
        #expect(config.logConfig(inheriting: broker).segmentBytes == 50 << 20)
    }
}
