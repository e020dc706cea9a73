import Foundation
import TestSupport
import Testing

@testable import Settings
@testable import SettingsLoader

@Suite("Kafka's server.properties")
struct ServerPropertiesTests {
    /// Loads a text; places in messages are those of `server.properties`.
    private func load(_ text: String, onto settings: BrokerSettings = BrokerSettings()) -> ServerPropertiesLoader {
        ServerPropertiesLoader(text, file: "server.properties", onto: settings)
    }

    @Test("a file as it comes with a ZooKeeper release is obeyed, and says what has no effect")
    func zooKeeper() {
        let loaded = load(
            """
            # Every broker of a cluster has an id of its own.
            broker.id=0

            #listeners=PLAINTEXT://:9092
            num.network.threads=3
            num.io.threads=8
            socket.send.buffer.bytes=102400
            socket.receive.buffer.bytes=102400
            socket.request.max.bytes=52428800

            log.dirs=/var/lib/kafka
            num.partitions=3
            num.recovery.threads.per.data.dir=1

            group.initial.rebalance.delay.ms=0
            offsets.topic.replication.factor=1
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1

            #log.flush.interval.messages=10000
            log.retention.hours=48
            log.retention.bytes=1073741824
            log.segment.bytes=268435456

            zookeeper.connect=localhost:2181
            zookeeper.connection.timeout.ms=18000
            """)
        #expect(loaded.diagnostics.allSatisfy { $0.severity == .warning }, "\(loaded.diagnostics)")
        #expect(
            loaded.diagnostics.map(\.description).last
                == "server.properties:26:1: warning: 'zookeeper.connection.timeout.ms' has no effect: there is no ZooKeeper: one broker knows its topics by itself"
        )
        #expect(loaded.diagnostics.count == 10)
        var expected = BrokerSettings()
        expected.nodeId = 0
        expected.groupInitialRebalanceDelay = .zero
        expected.dataDirectory = "/var/lib/kafka"
        expected.requestBytesMax = 50 << 20
        expected.embedded = EmbeddedSettings(
            segmentBytes: 256 << 20, retentionBytes: 1 << 30, retentionAge: .seconds(48 * 3600), minPartitionCount: 3)
        #expect(loaded.settings == expected)
    }

    @Test("a file as it comes with a KRaft release is obeyed, its controller's listener passed over")
    func kraft() {
        let loaded = load(
            """
            process.roles=broker,controller
            node.id=1
            controller.quorum.bootstrap.servers=localhost:9093
            listeners=PLAINTEXT://:9092,CONTROLLER://:9093
            inter.broker.listener.name=PLAINTEXT
            advertised.listeners=PLAINTEXT://broker.example:9094,CONTROLLER://broker.example:9093
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
            log.dirs=/tmp/kraft-combined-logs
            share.coordinator.state.topic.replication.factor=1
            """)
        #expect(loaded.diagnostics.allSatisfy { $0.severity == .warning }, "\(loaded.diagnostics)")
        #expect(loaded.settings.embedded.listen == .at(ListenAddress(host: "0.0.0.0", port: 9092)))
        #expect(loaded.settings.embedded.advertise == AdvertisedAddress(host: "broker.example", port: 9094))
        #expect(loaded.settings.dataDirectory == "/tmp/kraft-combined-logs")
    }

    @Test(
        "the syntax is that of Java's properties files",
        arguments: [
            ("log.dir=/a", "/a"), ("log.dir:/a", "/a"), ("log.dir /a", "/a"), ("log.dir\t=\t/a", "/a"),
            ("  log.dir = /a", "/a"), ("log.dir = = /a", "= /a"), ("log.dir=/a   ", "/a"), ("log.dir=/a\r\n", "/a"),
            ("log.dir=/a\rnum.partitions=1", "/a"), ("! a comment\n# another \\\nlog.dir=/a", "/a"),
            ("log.\\\n    dir=/a\\\n  /b", "/a/b"), ("log.dir=/a\\\\\nnum.partitions=1", "/a\\"),
            ("log.dir=/a\\\n# no comment", "/a# no comment"), ("log\\.dir=/a\\:b\\=c", "/a:b=c"),
            ("log.dir=\\u002fdonn\\u00E9es", "/données"), ("log.dir=\\ud83d\\ude00", "😀"), ("log.dir=/é", "/é"),
            ("log.dir=a\\tb\\", "a\tb"),
        ])
    func syntax(text: String, value: String) {
        let loaded = load(text)
        #expect(loaded.diagnostics.isEmpty)
        #expect(loaded.settings.dataDirectory == value)
    }

    @Test(
        "a mistake is told with its place and what to do",
        arguments: [
            ("log.retention.hour=1", "1:1: unknown key 'log.retention.hour'; did you mean 'log.retention.hours'?"),
            (
                "# first\n  colour: blue",
                "2:3: unknown key 'colour'; it is none of Kafka's keys for a broker that docs/server-properties.md lists; delete the line, or put # before it"
            ),
            ("num.partitions = many", "1:18: 'num.partitions' is 'many'; it must be a whole number from 1 to 10000"),
            ("num.partitions=0", "1:16: 'num.partitions' is '0'; it must be a whole number from 1 to 10000"),
            ("num.partitions", "1:15: 'num.partitions' is ''; it must be a whole number from 1 to 10000"),
            ("=1", "1:1: a key is missing before '='"),
            ("log.dir=\\u12", "1:9: '\\u12' is no character; \\u is followed by four hexadecimal digits"),
            (
                "log.dirs=/a,/b", "1:10: 'log.dirs' has 2 folders; there is one: the log is not spread over several"
            ),
            (
                "auto.create.topics.enable=maybe",
                "1:27: 'auto.create.topics.enable' is 'maybe'; it must be true or false"
            ),
            (
                "compression.type=zstd",
                "1:18: 'compression.type' is 'zstd'; it must be producer: batches are kept as they come: let producers choose the codec"
            ),
            (
                "listeners=SSL://127.0.0.1:9093",
                "1:11: listener 'SSL' is SSL: TLS and SASL are not implemented yet; use PLAINTEXT on an address that only this machine reaches"
            ),
            (
                "listener.security.protocol.map=OUTSIDE:SASL_SSL\nlisteners=OUTSIDE://127.0.0.1:9093",
                "2:11: listener 'OUTSIDE' is SASL_SSL: TLS and SASL are not implemented yet; use PLAINTEXT on an address that only this machine reaches"
            ),
            (
                "listeners=INSIDE://127.0.0.1:9092",
                "1:11: listener 'INSIDE' has no protocol; say it in 'listener.security.protocol.map'"
            ),
            (
                "listener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT\nlisteners=A://127.0.0.1:1,B://127.0.0.1:2",
                "2:27: 'listeners' has 2 for clients; there is one: keep 'A' or another of them"
            ),
            (
                "controller.listener.names=C\nlisteners=C://127.0.0.1:1",
                "2:11: 'listeners' has none for clients, but a controller's alone, and there is no controller here: take the file of a broker, or add PLAINTEXT://HOST:PORT"
            ),
            (
                "log.retention.ms=0",
                "1:18: 'log.retention.ms' is '0'; it must be -1, or a whole number from 1 to 315360000000"
            ),
            (
                "log.cleaner.enable=false",
                "1:20: 'log.cleaner.enable' is 'false'; it must be true: topics whose policy is compact are always compacted"
            ),
            (
                "remote.log.storage.system.enable=true",
                "1:1: 'remote.log.storage.system.enable' is not implemented yet; everything is kept on this machine's disk"
            ),
            (
                "remote.log.storage.system.enable=false",
                "1:1: warning: 'remote.log.storage.system.enable' has no effect: it asks for what is so anyway"
            ),
            (
                "super.users=",
                "1:1: warning: 'super.users' has no effect: it asks for what is so anyway"
            ),
            (
                "listeners=127.0.0.1:9092",
                "1:11: 'listeners' has '127.0.0.1:9092'; it must be NAME://HOST:PORT, such as PLAINTEXT://127.0.0.1:9092"
            ),
            (
                "listeners=PLAINTEXT://:9092",
                "1:11: 'listeners' takes every address; say with 'advertised.listeners' which of them clients use"
            ),
            (
                "listeners=PLAINTEXT://127.0.0.1:1\nadvertised.listeners=OUTSIDE://a:1",
                "2:22: 'advertised.listeners' has 'OUTSIDE', which is not among the listeners"
            ),
            (
                "advertised.listeners=PLAINTEXT://0.0.0.0:1",
                "1:22: 'advertised.listeners' names no host that clients could be sent to"
            ),
            (
                "listener.security.protocol.map=A",
                "1:32: 'listener.security.protocol.map' has 'A'; it must be NAME:PROTOCOL"
            ),
            (
                "log.cleanup.policy=delete,keep",
                "1:27: 'log.cleanup.policy' is 'keep'; it must be one of delete, compact"
            ),
            (
                "ssl.keystore.location=/a",
                "1:1: 'ssl.keystore.location' is not implemented yet; TLS, SASL and ACLs are to come; listen on an address that only this machine reaches"
            ),
            (
                "authorizer.class.name=A",
                "1:1: 'authorizer.class.name' is not implemented yet; TLS, SASL and ACLs are to come; listen on an address that only this machine reaches"
            ),
            (
                "min.insync.replicas=2",
                "1:1: warning: 'min.insync.replicas' has no effect: there is one broker, and each partition has one replica"
            ),
            (
                "num.partitions=2\nnum.partitions=3",
                "2:1: warning: 'num.partitions' is set twice; this one counts, not that of line 1"
            ),
        ])
    func mistakes(text: String, finding: String) {
        #expect(load(text).diagnostics.map(\.description) == ["server.properties:" + finding])
    }

    @Test("all mistakes are told at once, in the order of the lines")
    func several() {
        let loaded = load("num.partitions=x\nfoo=1\nlog.dirs=/a,/b\nlog.retention.ms=-2")
        #expect(loaded.diagnostics.map { $0.location?.line } == [1, 2, 3, 4])
    }

    @Test("of keys for one thing the finer is the stronger, wherever it stands")
    func strength() {
        let age = load("log.retention.ms=1000\nlog.retention.minutes=5\nlog.retention.hours=1").settings.embedded
        #expect(age.retentionAge == .seconds(1))
        #expect(load("log.retention.minutes=5\nlog.retention.hours=1").settings.embedded.retentionAge == .seconds(300))
        #expect(load("log.retention.ms=-1").settings.embedded.retentionAge == nil)
        #expect(load("log.roll.ms=5000\nlog.roll.hours=1").settings.embedded.segmentAge == .seconds(5))
        #expect(load("log.dirs=/a\nlog.dir=/b").settings.dataDirectory == "/a")
    }

    @Test("what is on disk when an append is acknowledged is never less than the file asks for")
    func flush() {
        #expect(load("").settings.embedded.flush == .always)
        #expect(load("log.flush.interval.messages=10000").settings.embedded.flush == .always)
        let timed = load("log.flush.interval.ms=250").settings.embedded
        #expect(timed.flush == .interval)
        #expect(timed.flushInterval == .milliseconds(250))
        let strict = load("log.flush.interval.messages=1\nlog.flush.interval.ms=250").settings.embedded
        #expect(strict.flush == .always)
    }

    @Test("what topics follow is set, too")
    func topicDefaults() {
        let settings = load(
            """
            log.cleanup.policy=compact,delete
            message.max.bytes=1000012
            log.message.timestamp.type=LogAppendTime
            log.cleaner.delete.retention.ms=1000
            log.cleaner.min.compaction.lag.ms=2000
            log.cleaner.max.compaction.lag.ms=3000
            log.cleaner.min.cleanable.ratio=0.25
            log.index.interval.bytes=8192
            log.retention.check.interval.ms=300000
            """
        ).settings.embedded
        var expected = EmbeddedSettings(maintenanceInterval: .seconds(300))
        expected.topicDefaults.cleanupPolicy = .compactAndDelete
        expected.topicDefaults.maxMessageBytes = 1_000_012
        expected.topicDefaults.timestampType = .logAppendTime
        expected.topicDefaults.deleteRetention = .seconds(1)
        expected.topicDefaults.minCompactionLag = .seconds(2)
        expected.topicDefaults.maxCompactionLag = .seconds(3)
        expected.topicDefaults.minCleanableDirtyRatio = 0.25
        expected.topicDefaults.indexIntervalBytes = 8192
        #expect(settings == expected)
        let unlimited = load("log.cleaner.max.compaction.lag.ms=9223372036854775807").settings.embedded
        #expect(unlimited == EmbeddedSettings())
    }

    @Test("groups and transactions are bounded as the file says")
    func coordination() {
        let settings = load(
            """
            node.id=7
            broker.id=3
            group.min.session.timeout.ms=1000
            group.max.session.timeout.ms=60000
            group.max.size=12
            offsets.retention.minutes=5
            transaction.max.timeout.ms=30000
            transactional.id.expiration.ms=86400000
            """
        ).settings
        var expected = BrokerSettings()
        expected.nodeId = 7
        expected.sessionTimeoutMin = .seconds(1)
        expected.sessionTimeoutMax = .seconds(60)
        expected.groupMembersMax = 12
        expected.offsetsRetention = .seconds(300)
        expected.transactionTimeoutMax = .seconds(30)
        expected.transactionalIdExpiration = .seconds(86_400)
        #expect(settings == expected)
    }

    @Test("every address is no mistake where another was chosen before")
    func chosen() {
        var given = BrokerSettings()
        given.embedded.listen = .at(ListenAddress(host: "127.0.0.1", port: 1))
        #expect(load("listeners=PLAINTEXT://:9092", onto: given).diagnostics.isEmpty)
        var advertised = BrokerSettings()
        advertised.embedded.advertise = AdvertisedAddress(host: "a")
        #expect(load("listeners=PLAINTEXT://:9092", onto: advertised).diagnostics.isEmpty)
    }

    @Test("whatever stands in a file, it is read or refused")
    func garbage() {
        var random = SeededGenerator.announced(for: "garbage in server.properties")
        let words = [
            "log.dirs", "listeners", "=", ":", " ", "\\", "\\u", "00e9", "\n", "\r", "#", "PLAINTEXT://", ",", "😀",
        ]
        for _ in 0..<2000 {
            let text = (0..<random.below(30)).map { _ in words[random.below(words.count)] }.joined()
            _ = load(text)
        }
    }

    @Test("a file that is not there is told in one line")
    func missing() {
        let loaded = ServerPropertiesLoader("/nowhere/server.properties")
        #expect(loaded.diagnostics.count == 1)
        #expect(loaded.diagnostics.first?.severity == .error)
        #expect(
            loaded.diagnostics.first?.description
                == "/nowhere/server.properties: there is no such file: correct the path (a relative one begins in the folder where sluice is started)"
        )
        #expect(
            ServerPropertiesLoader("/").diagnostics.map(\.description) == ["/: this is a folder: name the file in it"])
    }

    @Test("no key is declared twice, and each says what it does")
    func table() {
        var seen: Set<String> = []
        for key in ServerProperties.keys {
            #expect(seen.insert(key.name).inserted, "\(key.name) is declared twice")
            #expect(!key.documentation.isEmpty, "\(key.name)")
        }
    }

    @Test("every default that is a number is a value that its own key takes")
    func defaults() throws {
        for field in ServerProperties.fields {
            guard let text = field.key.defaultText, Int(text) != nil || text == "true" else { continue }
            var root = ServerProperties()
            try field.set(.one(ConfigText(text, at: SourceLocation(file: "default"))), [], &root)
        }
    }

    @Test("the key reference is up to date; SLUICE_REGENERATE=1 writes it anew")
    func reference() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/server-properties.md")
        let actual = try String(contentsOf: page, encoding: .utf8)
        let marker = try #require(actual.firstRange(of: ConfigReference.marker), "the page has lost its marker")
        let expected = ServerPropertiesReference.page(introduction: actual[..<marker.lowerBound])
        if ProcessInfo.processInfo.environment["SLUICE_REGENERATE"] == "1" {
            try expected.write(to: page, atomically: true, encoding: .utf8)
        } else {
            #expect(actual == expected, "docs/server-properties.md is stale; run the test with SLUICE_REGENERATE=1")
        }
    }
}
