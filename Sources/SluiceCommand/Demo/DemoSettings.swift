import Settings

/// What `sluice demo` runs: the stages of `bindings/access-log.yaml` over one file, in Swift, so that the binary alone shows it.
enum DemoSettings {
    static let accessTopic = "nginx.access"
    static let hitsTopic = "nginx.hits"
    static let deadTopic = "error.nginx.access.parse"
    static let format = "combined"

    static func settings(accessLog: String) -> SluiceSettings {
        let six = ProducerSettings(partitionCount: 6, compressionType: "zstd")
        var keyed = six
        keyed.partitionKeyExpression = SourceText("payload.remote_addr")
        let bindings = [
            BindingSettings(name: "access-out-0", destinations: [accessTopic], producer: six),
            BindingSettings(
                name: "parse-in-0", destinations: [accessTopic], group: "parse",
                consumer: ConsumerSettings(concurrency: 2)),
            BindingSettings(name: "parse-out-0", destinations: [hitsTopic], producer: keyed),
            BindingSettings(name: "errors-in-0", destinations: [hitsTopic], group: "errors"),
            BindingSettings(name: "errors-out-0", destinations: ["nginx.errors"]),
            BindingSettings(name: "per-second-in-0", destinations: [hitsTopic], group: "per-second"),
            BindingSettings(name: "per-second-out-0", destinations: ["nginx.per-second"]),
        ]
        let stages = [
            StageSettings(name: "parse", kind: .accessLog(AccessLogOptions(format: SourceText(format)))),
            StageSettings(name: "errors", kind: .filter(where: SourceText("status >= 500"))),
            StageSettings(
                name: "per-second",
                kind: .aggregate(
                    AggregateOptions(
                        window: .seconds(1), allowedLateness: .seconds(5),
                        groupBy: [.init(name: "status", expression: SourceText("status"))],
                        measures: [
                            .init(name: "hits", function: .count),
                            .init(name: "bytes", function: .sum, of: SourceText("body_bytes_sent")),
                        ]))),
        ]
        return SluiceSettings(
            agent: AgentSettings(inputs: [FileInputSettings(name: "access", paths: [accessLog])]),
            stream: StreamSettings(
                bindings: Dictionary(uniqueKeysWithValues: bindings.map { ($0.name, $0) }), stages: stages))
    }
}
