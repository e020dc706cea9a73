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
