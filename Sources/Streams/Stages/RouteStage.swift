import Settings

/// `use: route`: the first rule that holds names the topic a record is sent to.
struct RouteStage: Stage {
    /// A rule, compiled.
    private struct Rule {
        let condition: Expression
        let destination: StageOutput.Destination
    }

    private let rules: [Rule]
    private let otherwise: StageOutput.Destination
    private var fields = RecordFields()

    init(_ options: RouteOptions) throws(Diagnostic) {
        var rules: [Rule] = []
        for rule in options.rules {
            rules.append(Rule(condition: try Expression.compileCondition(rule.when), destination: .topic(rule.to)))
        }
        self.rules = rules
        otherwise = options.otherwise.map { .topic($0) } ?? .output(0)
    }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        fields.forget()
        for rule in rules where try rule.condition.isTrue(record, sharing: &fields) {
            output.forward(record, to: rule.destination)
            return
        }
        output.forward(record, to: otherwise)
    }
}
