/// `use: filter`: records for which the condition is true go on as they are.
struct FilterStage: Stage {
    private let condition: Expression
    private var fields = RecordFields()

    init(where condition: Expression) { self.condition = condition }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        if try condition.isTrue(record, using: &fields) { output.forward(record) }
    }
}
