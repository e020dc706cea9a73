import Settings
import TestSupport
import Testing

@testable import SettingsLoader

@Suite("The grammar of files")
struct GrammarTests {
    /// Loads one input binding of a console stage with these lines below its name.
    private func binding(
        _ lines: String, extra: String = "", environment: [String: String] = [:]
    ) throws -> (BindingSettings?, LoadResult) {
        let yaml = """
            stream:
              stages: { show: { use: console } }
              bindings:
                show-in:
                  destination: hits
            \(lines.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
            \(extra)
            """
        let result = try load(yaml, environment: environment)
        return (result.settings?.stream.bindings["show-in-0"], result)
    }

    @Test(
        "a key may be written in any of Spring's ways",
        arguments: ["max-attempts", "maxAttempts", "max_attempts", "MAX-ATTEMPTS", "maxattempts"])
    func relaxed(key: String) throws {
        #expect(try binding("consumer: { \(key): 7 }").0?.consumer.maxAttempts == 7)
    }

    @Test("dotted keys, nested keys and bracketed names say the same")
    func dotted() throws {
        let yaml = """
            stream.stages.show.use: console
            stream:
              bindings.show-in.destination: hits
              "bindings.[show-in].group": g
            """
        let result = try load(yaml)
        #expect(result.diagnostics == [])
        #expect(result.settings?.stream.bindings["show-in-0"]?.group == "g")
    }

    @Test("a stage and its bindings find each other whatever the case, and the stage's spelling wins")
    func caseOfNames() throws {
        let yaml = """
            stream:
              bindings: { SHOW-IN-0: { destination: hits } }
              embedded: { bindings: { show-in: { consumer: { start-offset: earliest } } } }
              stages: { Show: { use: console } }
            """
        let result = try load(yaml)
        #expect(result.diagnostics == [])
        #expect(result.settings?.stream.bindings["Show-in-0"]?.consumer.startOffset == .earliest)
    }

    @Test("placeholders nest, refer to other keys, and a backslash keeps them as they are")
    func placeholders() throws {
        let environment = ["REGION": "eu", "topic_eu": "hits.eu"]
        let (binding, result) = try binding(
            """
            group: ${GROUP:${REGION}-${stream.bindings.show-in.destination}}
            content-type: ${topic_${REGION}}
            """, environment: environment)
        #expect(result.diagnostics == [])
        #expect(binding?.group == "eu-hits")
        #expect(binding?.contentType == "hits.eu")
        let (escaped, _) = try self.binding(#"content-type: 'a\${b}c'"#)
        #expect(escaped?.contentType == "a${b}c")
    }

    @Test("anchors, aliases and merge keys work, and a mapping's own keys win over merged ones")
    func anchors() throws {
        let yaml = """
            stream:
              bindings:
                show-in: &base { destination: hits, group: show, consumer: { concurrency: 2 } }
                tell-in: { <<: *base, group: tell }
              stages: { show: { use: console }, tell: { use: console } }
            """
        let result = try load(yaml)
        #expect(result.diagnostics == [])
        let tell = result.settings?.stream.bindings["tell-in-0"]
        #expect(tell?.group == "tell")
        #expect(tell?.consumer.concurrency == 2)
    }

    @Test("aliases that multiply without end are refused")
    func aliasBomb() throws {
        var yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...9 {
            yaml += "a\(level): &a\(level) [\((0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ","))]\n"
        }
        let result = try load(yaml)
        #expect(result.settings == nil)
        #expect(result.diagnostics.contains { $0.message.contains("has at most") })
    }

    @Test("defaults of all bindings are merged under each binding, field by field")
    func defaults() throws {
        let (binding, result) = try binding(
            "group: own\nconsumer: { concurrency: 3 }",
            extra: """
                  default: { group: all, content-type: text/plain, consumer: { max-attempts: 9, concurrency: 2 } }
                  embedded: { default: { consumer: { start-offset: latest, dlq-name: dead } } }
                """)
        #expect(result.diagnostics == [])
        #expect(binding?.group == "own")
        #expect(binding?.contentType == "text/plain")
        #expect(binding?.consumer.concurrency == 3)
        #expect(binding?.consumer.maxAttempts == 9)
        #expect(binding?.consumer.startOffset == .latest)
        #expect(binding?.consumer.dlqName == "dead")
    }

    @Test("a binding with a group has dead letters, an anonymous one has none")
    func deadLetters() throws {
        #expect(try binding("group: g").0?.consumer.enableDlq == true)
        #expect(try binding("content-type: text/plain").0?.consumer.enableDlq == false)
    }

    @Test("a destination defaults to its binding's name, and an input may have several")
    func destinations() throws {
        let yaml = """
            stream:
              stages: { show: { use: console }, tell: { use: console } }
              bindings: { show-in: , tell-in: { destination: "a, b,c" } }
            """
        let result = try load(yaml)
        #expect(result.diagnostics == [])
        #expect(result.settings?.stream.bindings["show-in-0"]?.destinations == ["show-in-0"])
        #expect(result.settings?.stream.bindings["tell-in-0"]?.destinations == ["a", "b", "c"])
    }

    @Test("retryable exceptions keep their dotted names")
    func exceptions() throws {
        let lines = "consumer: { retryable-exceptions: { java.lang.IllegalState: false, rejected: yes } }"
        #expect(
            try binding(lines).0?.consumer.retryableExceptions == ["java.lang.IllegalState": false, "rejected": true])
    }

    @Test("the definition's own separators compose and divide")
    func definition() throws {
        let yaml = """
            stream:
              function: { definition: "a|b; c , d" }
              bindings: { ab-in: , cd-in: }
              stages:
                a: { use: select }
                b: { use: console }
                c: { use: select }
                d: { use: console }
            """
        let result = try load(yaml)
        #expect(result.diagnostics == [])
        #expect(result.settings?.stream.definition?.map(\.stages) == [["a", "b"], ["c", "d"]])
        #expect(result.settings?.stream.definition?.map(\.name) == ["ab", "cd"])
    }

    @Test("keys that Spring Cloud Stream itself does not read are aliases with a warning")
    func aliases() throws {
        let yaml = """
            spring.cloud.stream:
              function.definition: show
              source: x
              kafka:
                bindings:
                  show-in: { consumer: { autoCommitOffset: true, defaultRetryable: false, startOffset: latest } }
              bindings: { show-in: { destination: hits, group: g } }
              stages: { show: { use: console } }
            """
        let result = try load(yaml)
        #expect(result.settings?.stream.bindings["show-in-0"]?.consumer.defaultRetryable == false)
        #expect(result.settings?.stream.bindings["show-in-0"]?.consumer.startOffset == .latest)
        #expect(result.settings?.stream.definition?.count == 1)
        #expect(result.diagnostics.map(\.severity) == [.warning, .warning, .warning, .warning])
    }

    @Test("below spring, others' keys are passed over, but not a slip of the pen in ours")
    func springStrictness() throws {
        let yaml = """
            spring:
              jpa: { open-in-view: false }
              cloud:
                gateway: { routes: [] }
                steam: { bindings: { show-in: { group: g } } }
                stream:
                  bindngs: { show-in: { group: g } }
            """
        #expect(
            try load(yaml).messages == [
                "a.yaml:5:5: unknown key 'steam'; did you mean 'stream'?",
                "a.yaml:7:7: unknown key 'bindngs'; did you mean 'bindings'?",
            ])
    }

    @Test("placeholders that multiply each other are refused")
    func placeholderBomb() throws {
        var environment = ["V0": String(repeating: "x", count: 100)]
        for level in 1...12 {
            environment["V\(level)"] = String(repeating: "${V\(level - 1)}", count: 10)
        }
        let (_, result) = try binding("group: ${V12}", environment: environment)
        #expect(result.messages.first?.contains("has at most 64KiB") == true)
    }

    @Test("whatever the bytes of a file, loading it ends with findings or settings")
    func mutations() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let originals = try ["sample.yaml", "stages.yaml", "application.yml"].map {
            Array(try String(contentsOfFile: sample("Good/\($0)"), encoding: .utf8).utf8)
        }
        let pieces = [
            "${", "}", ": ", "\n---\n", "&a ", "*a", "\t", "[", "{", "'", "\"", "|\n", "\n", "<<: ", "- ", "[0].",
        ]
        for round in 0..<100 {
            var bytes = originals[round % originals.count]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                if Bool.random(using: &generator) {
                    bytes[position] = UInt8.random(in: 0...127, using: &generator)
                } else {
                    bytes.insert(contentsOf: (pieces.randomElement(using: &generator) ?? "").utf8, at: position)
                }
            }
            let result = try load(String(decoding: bytes, as: UTF8.self))
            let hasError = result.diagnostics.contains { $0.severity == .error }
            #expect((result.settings == nil) == hasError, "seed \(seed), round \(round)")
        }
    }

    @Test("a producer's keys on an input are warned about")
    func wrongSide() throws {
        let (_, result) = try binding("producer: { partition-count: 3 }")
        #expect(
            result.messages == [
                "a.yaml:6:19: warning: 'partition-count' has no effect: 'show-in-0' is an input,"
                    + " which has no producer keys"
            ])
    }

    @Test("a quoted text's place is behind its quote, an anchored one's behind its anchor")
    func places() throws {
        let yaml = """
            stream:
              bindings: { a-in: , a-out: , b-in: , b-out: }
              stages:
                a: { use: filter, where: &w 'x > 1' }
                b: { use: filter, where: !!str y }
            """
        let result = try load(yaml)
        let columns = result.settings?.stream.stages.map { stage -> Int? in
            guard case .filter(let condition) = stage.kind else { return nil }
            return condition.location?.column
        }
        #expect(columns == [34, 36])
    }

    @Test("bindings of a stage in Swift count when its name is known, with as many outputs as it likes")
    func swiftStages() throws {
        let yaml = """
            stream.bindings:
              split-in: { destination: a, group: g }
              split-out-0: { destination: b }
              split-out-1: { destination: c }
            """
        #expect(try load(yaml, knownStages: ["split"]).diagnostics == [])
        let messages = try load(yaml).messages
        #expect(messages.count == 3)
        #expect(messages.first == "a.yaml:2:3: binding 'split-in' belongs to no stage and no input")
    }

    @Test("an input may send to a binding of another name")
    func inputOutput() throws {
        let yaml = """
            agent.inputs: { a: { paths: "/a/{x,y}.log, /b", output: lines-out } }
            stream.bindings.lines-out.destination: lines
            """
        let result = try load(yaml)
        #expect(result.diagnostics == [])
        #expect(result.settings?.agent.inputs.first?.output == "lines-out-0")
        #expect(result.settings?.agent.inputs.first?.paths == ["/a/{x,y}.log", "/b"])
    }
}
