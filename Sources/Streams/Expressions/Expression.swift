import Settings

/// A text such as `status >= 500 && path startsWith '/api'`, parsed once and evaluated for every record. The grammar: `docs/expressions.md`.
///
/// A value that may be shared by all workers; what changes from record to record lies in the `RecordFields` each worker passes in.
package struct Expression: Sendable {
    /// In a class, so that a copy counts one reference and not those of all the tree's arrays.
    private final class Compiled: Sendable {
        let tree: ExpressionTree

        init(_ tree: ExpressionTree) { self.tree = tree }
    }

    private let compiled: Compiled
    /// What the expression comes to, as far as that is known before any record is seen.
    let type: ExpressionTree.StaticType

    /// Parses the text and checks its types.
    /// - Throws: what is wrong, where, and what to do.
    package init(parsing source: SourceText) throws(ExpressionError) {
        var parser = try ExpressionParser(source)
        let (tree, type) = try parser.parse()
        compiled = Compiled(tree)
        self.type = type
    }

    /// Parses a text that is to be true or false.
    package init(parsingCondition source: SourceText) throws(ExpressionError) {
        try self.init(parsing: source)
        if type != .bool, type != .any {
            throw ExpressionError(
                "a condition must be true or false; compare the value with something", at: 0, of: source)
        }
    }

    /// The expression's value for a record.
    /// - Parameter fields: memory reused from record to record.
    /// - Throws: `.rejected` when the record does not fit: its payload is no JSON object, or a value has a type the operation cannot take.
    package func evaluate(_ record: StageRecord, using fields: inout RecordFields) throws(StageError) -> ExpressionValue
    {
        fields.forget()
        return try evaluate(record, sharing: &fields)
    }

    /// Whether the condition holds for a record; null does not. Otherwise as `evaluate`.
    package func isTrue(_ record: StageRecord, using fields: inout RecordFields) throws(StageError) -> Bool {
        fields.forget()
        return try isTrue(record, sharing: &fields)
    }

    /// As `evaluate`, for one of several expressions over one record: `fields` was told to forget the record before.
    func evaluate(_ record: StageRecord, sharing fields: inout RecordFields) throws(StageError) -> ExpressionValue {
        try compiled.tree.value(of: compiled.tree.root, record, &fields)
    }

    /// As `isTrue`, for one of several expressions over one record.
    func isTrue(_ record: StageRecord, sharing fields: inout RecordFields) throws(StageError) -> Bool {
        try compiled.tree.isTrue(compiled.tree.root, record, &fields)
    }

    /// The error of a record whose value has a type that an operation cannot take.
    static func typeError(_ message: String) -> StageError { StageError(.rejected, message, name: "ExpressionType") }
}
