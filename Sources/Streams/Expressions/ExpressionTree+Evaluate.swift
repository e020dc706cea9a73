extension ExpressionTree {
    /// Whether the node holds: true does, false and null do not, any other value rejects the record.
    func isTrue(_ node: Int, _ record: StageRecord, _ fields: inout RecordFields) throws(StageError) -> Bool {
        switch nodes[node] {
        case .and(let left, let right):
            guard try isTrue(left, record, &fields) else { return false }
            return try isTrue(right, record, &fields)
        case .or(let left, let right):
            if try isTrue(left, record, &fields) { return true }
            return try isTrue(right, record, &fields)
        case .not(let operand): return try !isTrue(operand, record, &fields)
        case .compare(let comparison, let left, let right):
            return Self.compare(
                comparison, try value(of: left, record, &fields), try value(of: right, record, &fields))
        case .search(let search, let left, let right):
            return Self.search(search, try value(of: left, record, &fields), try value(of: right, record, &fields))
        case .matches(let operand, let glob):
            return try value(of: operand, record, &fields).text.map { globs[glob].matches($0) } ?? false
        case .isIn(let operand, let first, let count):
            let wanted = try value(of: operand, record, &fields)
            for argument in first..<first + count
            where ExpressionValue.areEqual(wanted, try value(of: arguments[argument], record, &fields)) {
                return true
            }
            return false
        default:
            switch try value(of: node, record, &fields) {
            case .bool(let value): return value
            case .null: return false
            case let other: throw Expression.typeError("a condition came to \(other.typeName), not to true or false")
            }
        }
    }

    /// The node's value.
    func value(of node: Int, _ record: StageRecord, _ fields: inout RecordFields) throws(StageError) -> ExpressionValue
    {
        switch nodes[node] {
        case .literal(let index): return literals[index]
        case .field(let path): return try fields.value(paths.span[path], of: record)
        case .payload: return record.value.map { .text($0) } ?? .null
        case .header(let name): return record.header(named: headerNames[name]).map { .text($0) } ?? .null
        case .key: return record.key.map { .text($0) } ?? .null
        case .topic: return .text(ArraySlice(record.source.topic.utf8))
        case .partition: return .integer(Int64(record.source.partition))
        case .offset: return .integer(record.offset)
        case .timestamp: return .integer(record.timestamp)
        case .negate(let operand): return try Self.negate(try value(of: operand, record, &fields))
        case .calculate(let operation, let left, let right):
            return try Self.calculate(
                operation, try value(of: left, record, &fields), try value(of: right, record, &fields))
        case .choose(let condition, let then, let otherwise):
            return try value(of: try isTrue(condition, record, &fields) ? then : otherwise, record, &fields)
        case .ifNull(let operand, let then):
            let first = try value(of: operand, record, &fields)
            return first == .null ? try value(of: then, record, &fields) : first
        case .call(let function, let first, let count):
            var values: [ExpressionValue] = []
            for argument in first..<first + count { values.append(try value(of: arguments[argument], record, &fields)) }
            return try function.call(values)
        case .not, .and, .or, .compare, .search, .matches, .isIn:
            return .bool(try isTrue(node, record, &fields))
        }
    }

    private static func compare(
        _ comparison: Comparison, _ left: ExpressionValue, _ right: ExpressionValue
    ) -> Bool {
        if comparison == .equal { return ExpressionValue.areEqual(left, right) }
        if comparison == .notEqual { return !ExpressionValue.areEqual(left, right) }
        guard let order = ExpressionValue.order(left, right) else { return false }
        switch comparison {
        case .less: return order.less
        case .lessOrEqual: return order.less || order.equal
        case .greater: return !order.less && !order.equal
        default: return !order.less
        }
    }

    private static func search(_ search: TextSearch, _ left: ExpressionValue, _ right: ExpressionValue) -> Bool {
        guard let text = left.text, let wanted = right.text else { return false }
        switch search {
        case .startsWith: return text.starts(with: wanted)
        case .endsWith: return text.suffix(wanted.count) == wanted
        case .contains:
            guard let first = wanted.first else { return true }
            guard text.count >= wanted.count else { return false }
            let last = text.endIndex - wanted.count
            return (text.startIndex...last).contains { text[$0] == first && text[$0..<$0 + wanted.count] == wanted }
        }
    }

    private static func negate(_ value: ExpressionValue) throws(StageError) -> ExpressionValue {
        switch value {
        case .null: return .null
        case .integer(let number):
            let (negative, overflow) = Int64(0).subtractingReportingOverflow(number)
            return overflow ? .decimal(-Double(number)) : .integer(negative)
        case .decimal(let number): return .decimal(-number)
        default: throw Expression.typeError("'-' wants a number and was given \(value.typeName)")
        }
    }

    /// Null in, null out. Whole numbers stay exact while they fit 64 bits; dividing by zero comes to null.
    private static func calculate(
        _ operation: Arithmetic, _ left: ExpressionValue, _ right: ExpressionValue
    ) throws(StageError) -> ExpressionValue {
        if left == .null || right == .null { return .null }
        if case .integer(let left) = left, case .integer(let right) = right,
            let exact = exact(operation, left, right)
        {
            return .integer(exact)
        }
        guard let first = left.number, let second = right.number else {
            if operation == .add, let joined = joined(left, right) { return joined }
            throw Expression.typeError(
                "'\(operation.rawValue)' wants numbers and was given \(left.typeName) and \(right.typeName)")
        }
        let result: Double
        switch operation {
        case .add: result = first + second
        case .subtract: result = first - second
        case .multiply: result = first * second
        case .divide: result = first / second
        case .remainder: result = first.truncatingRemainder(dividingBy: second)
        }
        return result.isFinite ? .decimal(result) : .null
    }

    private static func exact(_ operation: Arithmetic, _ left: Int64, _ right: Int64) -> Int64? {
        let result: (partialValue: Int64, overflow: Bool)
        switch operation {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0, !left.remainderReportingOverflow(dividingBy: right).overflow, left % right == 0 else {
                return nil
            }
            result = left.dividedReportingOverflow(by: right)
        case .remainder: result = left.remainderReportingOverflow(dividingBy: right)
        }
        return result.overflow ? nil : result.partialValue
    }

    private static func joined(_ left: ExpressionValue, _ right: ExpressionValue) -> ExpressionValue? {
        switch (left, right) {
        case (.text, _), (_, .text):
            guard let first = left.text, let second = right.text else { return nil }
            return .text(first + second)
        default: return nil
        }
    }
}
