import Settings
import Testing

@testable import SettingsLoader

@Suite("Sample configurations")
struct SampleTests {
    @Test("the whole configuration of the documentation loads as it is written")
    func sampleConfiguration() throws {
        let result = ConfigurationLoader(paths: [sample("Good/sample.yaml")], environment: [:]).load()
        #expect(result.diagnostics == [])
        let settings = try #require(result.settings)
        let input = try #require(settings.agent.inputs.first)
        #expect(input.name == "access")
        #expect(input.paths == ["/var/log/nginx/access.log"])
        #expect(input.start == .beginning)
        #expect(input.output == "access-out-0")
        #expect(settings.embedded.flush == .always)
        #expect(
            settings.stream.bindings.keys.sorted()
                == ["access-out-0", "errors-in-0", "errors-out-0", "parse-in-0", "parse-out-0"])
        let access = try #require(settings.stream.bindings["access-out-0"])
        #expect(access.destinations == ["nginx.access"])
        #expect(access.producer.partitionCount == 6)
        #expect(access.producer.compressionType == "zstd")
        let parse = try #require(settings.stream.bindings["parse-in-0"])
        #expect(parse.group == "parse")
        #expect(parse.consumer.concurrency == 2)
        #expect(parse.consumer.maxAttempts == 3)
        #expect(parse.consumer.enableDlq)
        #expect(settings.stream.bindings["parse-out-0"]?.producer.partitionKeyExpression?.text == "payload.remote_addr")
        #expect(settings.stream.definition == nil)
        #expect(settings.stream.stages.map(\.name) == ["errors", "parse"])
        guard case .filter(let condition) = settings.stream.stages.first?.kind else {
            Issue.record("errors is no filter")
            return
        }
        #expect(condition.text == "status >= 500")
        #expect(condition.location?.line == 19)
        #expect(condition.location?.column == 36)
    }

    @Test("the resolved tables name inputs, bindings, stages and every topic with its partitions")
    func tables() throws {
        let result = ConfigurationLoader(paths: [sample("Good/sample.yaml")], environment: [:]).load()
        #expect(result.tables.map(\.title) == ["inputs", "bindings", "stages", "topics"])
        let topics = try #require(result.tables.last)
        #expect(
            topics.rows == [
                ["error.nginx.access.agent", "1", "dead letters", "-"],
                ["error.nginx.access.parse", "6", "dead letters", "-"],
                ["error.nginx.hits.errors", "6", "dead letters", "-"],
                ["nginx.access", "6", "access-out-0", "parse-in-0"],
                ["nginx.errors", "1", "errors-out-0", "-"],
                ["nginx.hits", "6", "parse-out-0", "errors-in-0"],
            ])
        #expect(
            result.tables[2].rows == [
                ["errors", "filter", "errors-in-0", "errors-out-0"],
                ["parse", "access-log", "parse-in-0", "parse-out-0"],
            ])
    }
}

@Suite("Files of others, and stages in full")
struct WholeFileTests {
    @Test("a Spring application's file loads unmodified, and its broker's keys are warned about")
    func springFile() throws {
        let loader = ConfigurationLoader(
            paths: [sample("Good/application.yml")], environment: [:], knownStages: ["validate", "enrich", "notify"])
        let result = loader.load()
        let settings = try #require(result.settings, "\(result.diagnostics)")
        #expect(result.diagnostics.allSatisfy { $0.severity == .warning })
        #expect(
            result.messages == [
                "application.yml:10:5: warning: 'active' has no effect:"
                    + " profiles are chosen with --profile or SPRING_PROFILES_ACTIVE",
                "application.yml:38:11: warning: 'brokers' has no effect:"
                    + " the Kafka binder is not in this version; topics are kept in the embedded log",
                "application.yml:41:11: warning: 'configuration' has no effect:"
                    + " the Kafka binder is not in this version; topics are kept in the embedded log",
            ])
        let input = try #require(settings.stream.bindings["validateenrich-in-0"])
        #expect(input.destinations == ["orders"])
        #expect(input.group == "orders-validate")
        #expect(input.consumer.concurrency == 3)
        #expect(input.consumer.maxAttempts == 5)
        #expect(input.consumer.backOffInitialInterval == .milliseconds(500))
        #expect(input.consumer.startOffset == .earliest)
        #expect(input.consumer.dlqName == "orders.rejected")
        let output = try #require(settings.stream.bindings["validateenrich-out-0"])
        #expect(output.producer.partitionCount == 6)
        #expect(output.producer.compressionType == "lz4")
        #expect(settings.stream.bindings["notify-in-0"]?.destinations == ["orders.valid", "orders.imported"])
        #expect(settings.embedded.minPartitionCount == 3)
        #expect(settings.stream.definition?.map(\.stages) == [["validate", "enrich"], ["notify"]])
    }

    @Test("a document with on-profile overrides the others under its profile alone")
    func springProfile() {
        let loader = ConfigurationLoader(
            paths: [sample("Good/application.yml")], profiles: ["prod"], environment: [:],
            knownStages: ["validate", "enrich", "notify"])
        #expect(loader.load().settings?.stream.bindings["validateenrich-in-0"]?.consumer.concurrency == 12)
    }

    @Test("every option of every stage without code is read")
    func stages() throws {
        let result = ConfigurationLoader(paths: [sample("Good/stages.yaml")], environment: [:]).load()
        #expect(result.diagnostics == [])
        let stages = try #require(result.settings?.stream.stages)
        let kinds = Dictionary(uniqueKeysWithValues: stages.map { ($0.name, $0.kind) })
        #expect(kinds.count == 7)
        guard case .accessLog(let parse) = kinds["parse"], case .filter(let errors) = kinds["errors"],
            case .select(let slim) = kinds["slim"], case .route(let sort) = kinds["sort"],
            case .aggregate(let aggregate) = kinds["per-second"], case .console(let show) = kinds["show"],
            case .file(let archive) = kinds["archive"]
        else {
            Issue.record("a stage has another kind: \(kinds)")
            return
        }
        #expect(parse.format.text == #"$remote_addr [$time_local] "$request" $status"#)
        #expect(parse.server == .nginx)
        #expect(parse.escape == "json")
        #expect(errors.text == "status >= 500\n")
        #expect(errors.location.map { [$0.line, $0.column] } == [24, 9])
        #expect(slim.keep == ["status", "uri", "remote_addr"])
        #expect(slim.drop == ["uri_args", "referer"])
        #expect(slim.rename == ["remote_addr": "client", "http.user_agent": "agent"])
        #expect(slim.mask == ["client"])
        #expect(sort.rules.map(\.to) == ["server-errors", "client-errors"])
        #expect(sort.rules.map(\.when.text) == ["status >= 500", "status >= 400"])
        #expect(sort.rules.map { $0.when.location?.column } == [17, 20])
        #expect(sort.otherwise == "fine")
        #expect(aggregate.window == .seconds(1))
        #expect(aggregate.allowedLateness == .seconds(2))
        #expect(aggregate.time?.text == "payload.time")
        #expect(aggregate.groupBy.map(\.name) == ["code", "host"])
        #expect(aggregate.groupBy.map(\.expression.text) == ["status", "headers['host']"])
        #expect(aggregate.measures.map(\.name) == ["hits", "bytes", "p99", "slowest"])
        #expect(aggregate.measures.map(\.function) == [.count, .sum, .quantile(0.99), .max])
        #expect(aggregate.measures.map { $0.of?.text } == [nil, "body_bytes_sent", "request_time", "request_time"])
        #expect(show.template?.text == "{code} {hits}")
        #expect(archive.path == "/tmp/slim.jsonl")
        #expect(archive.separator == "")
    }
}
