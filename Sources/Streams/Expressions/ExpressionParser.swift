import Settings

/// Makes a tree of an expression's text by recursive descent, one method per level of precedence, and checks types on the way.
struct ExpressionParser {
    /// The longest expression, in bytes.
    static let textBytesMax = 8192
    /// Operators that are words: they stand between values and are no fields.
    private static let operatorWords = ["and", "or", "in", "contains", "startsWith", "endsWith", "matches"]

    let source: SourceText
    private let tokens: [ExpressionToken]
    private var index = 0
    private var nesting = 0
    var tree = ExpressionTree()
    private var types: [ExpressionTree.StaticType] = []
    private var depths: [Int] = []
    private var offsets: [Int] = []

    init(_ source: SourceText) throws(ExpressionError) {
        self.source = source
        guard source.text.utf8.count <= Self.textBytesMax else {
            throw ExpressionError("the expression is longer than \(Self.textBytesMax) bytes", at: 0, of: source)
        }
        tokens = try ExpressionLexer.tokens(of: source)
    }

    /// Parses the whole text.
    mutating func parse() throws(ExpressionError) -> (tree: ExpressionTree, type: ExpressionTree.StaticType) {
        if current.kind == .end { throw error("the expression is empty", at: current) }
        let root = try choice()
        if current.kind != .end { throw unexpected() }
        tree.root = root
        return (tree, types[root])
    }

    // MARK: Levels of precedence, loosest first

    private mutating func choice() throws(ExpressionError) -> Int {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= ExpressionTree.depthMax else { throw tooDeep() }
        let condition = try disjunction()
        let mark = current
        if takeSymbol("?:") {
            let otherwise = try choice()
            return try add(
                .ifNull(condition, then: otherwise), join(condition, otherwise), at: mark, [condition, otherwise])
        }
        guard takeSymbol("?") else { return condition }
        try require(condition, .bool, "what stands before '?'")
        let then = try choice()
        guard takeSymbol(":") else { throw error("':' is missing after '?'", at: current) }
        let otherwise = try choice()
        return try add(
            .choose(condition: condition, then: then, otherwise: otherwise), join(then, otherwise), at: mark,
            [condition, then, otherwise])
    }

    private mutating func disjunction() throws(ExpressionError) -> Int {
        var left = try conjunction()
        while true {
            let mark = current
            guard takeSymbol("||") || takeWord("or") else { return left }
            try require(left, .bool, "what stands before \(mark.quoted)")
            let right = try conjunction()
            try require(right, .bool, "what stands after \(mark.quoted)")
            left = try add(.or(left, right), .bool, at: mark, [left, right])
        }
    }

    private mutating func conjunction() throws(ExpressionError) -> Int {
        var left = try negation()
        while true {
            let mark = current
            guard takeSymbol("&&") || takeWord("and") else { return left }
            try require(left, .bool, "what stands before \(mark.quoted)")
            let right = try negation()
            try require(right, .bool, "what stands after \(mark.quoted)")
            left = try add(.and(left, right), .bool, at: mark, [left, right])
        }
    }

    /// The word `not` binds more loosely than comparisons; `!` binds to the very next operand.
    private mutating func negation() throws(ExpressionError) -> Int {
        let mark = current
        guard takeWord("not") else { return try comparison() }
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= ExpressionTree.depthMax else { throw tooDeep() }
        let operand = try negation()
        try require(operand, .bool, "what stands after 'not'")
        return try add(.not(operand), .bool, at: mark, [operand])
    }

    private mutating func comparison() throws(ExpressionError) -> Int {
        let left = try sum()
        let mark = current
        guard let comparison = try comparisonRest(left, mark) else { return left }
        if isComparison(current.kind) {
            throw error("comparisons do not chain; join two with '&&'", at: current)
        }
        return comparison
    }

    private mutating func comparisonRest(_ left: Int, _ mark: ExpressionToken) throws(ExpressionError) -> Int? {
        if case .symbol(let symbol) = mark.kind, let comparison = ExpressionTree.Comparison(rawValue: symbol) {
            index += 1
            let right = try sum()
            try checkComparable(left, comparison, right, at: mark)
            return try add(.compare(comparison, left, right), .bool, at: mark, [left, right])
        }
        guard case .name(let word) = mark.kind else { return nil }
        if let search = ExpressionTree.TextSearch(rawValue: word) {
            index += 1
            let right = try sum()
            if types[left] == .null { throw error("null holds no text", at: mark) }
            try require(right, .text, "what stands after '\(word)'")
            return try add(.search(search, left, right), .bool, at: mark, [left, right])
        }
        if word == "matches" { return try matches(left, mark) }
        if word == "in" { return try isIn(left, mark) }
        return nil
    }

    private func isComparison(_ kind: ExpressionToken.Kind) -> Bool {
        switch kind {
        case .symbol(let symbol): ExpressionTree.Comparison(rawValue: symbol) != nil
        case .name(let word): ExpressionTree.TextSearch(rawValue: word) != nil || word == "matches" || word == "in"
        default: false
        }
    }

    private mutating func matches(_ left: Int, _ mark: ExpressionToken) throws(ExpressionError) -> Int {
        index += 1
        let pattern = current
        guard case .text(let bytes) = pattern.kind else {
            throw error("'matches' takes a pattern between quotes", at: pattern)
        }
        index += 1
        do {
            tree.globs.append(try Glob(bytes))
        } catch {
            throw self.error(error.message, at: pattern)
        }
        return try add(.matches(left, glob: tree.globs.count - 1), .bool, at: mark, [left])
    }

    private mutating func isIn(_ left: Int, _ mark: ExpressionToken) throws(ExpressionError) -> Int {
        index += 1
        guard takeSymbol("[") else { throw error("'in' takes a list: in ['a', 'b']", at: current) }
        var elements: [Int] = []
        repeat {
            let element = try choice()
            try checkComparable(left, .equal, element, at: mark)
            elements.append(element)
        } while takeSymbol(",")
        guard takeSymbol("]") else { throw error("the list has no ']'", at: current) }
        let first = tree.arguments.count
        tree.arguments += elements
        return try add(.isIn(left, first: first, count: elements.count), .bool, at: mark, [left] + elements)
    }

    private mutating func sum() throws(ExpressionError) -> Int {
        var left = try product()
        while true {
            let mark = current
            guard let operation = takeArithmetic([.add, .subtract]) else { return left }
            let right = try product()
            let isText = operation == .add && (types[left] == .text || types[right] == .text)
            if !isText { try requireNumbers(left, right, operation) }
            let isKnown = operation == .subtract || isText || types[left] == .number && types[right] == .number
            left = try add(
                .calculate(operation, left, right), isText ? .text : isKnown ? .number : .any, at: mark, [left, right])
        }
    }

    private mutating func product() throws(ExpressionError) -> Int {
        var left = try unary()
        while true {
            let mark = current
            guard let operation = takeArithmetic([.multiply, .divide, .remainder]) else { return left }
            let right = try unary()
            try requireNumbers(left, right, operation)
            left = try add(.calculate(operation, left, right), .number, at: mark, [left, right])
        }
    }

    private mutating func unary() throws(ExpressionError) -> Int {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= ExpressionTree.depthMax else { throw tooDeep() }
        let mark = current
        if takeSymbol("!") {
            let operand = try unary()
            try require(operand, .bool, "what stands after '!'")
            return try add(.not(operand), .bool, at: mark, [operand])
        }
        if takeSymbol("-") {
            let operand = try unary()
            try require(operand, .number, "what stands after '-'")
            return try add(.negate(operand), .number, at: mark, [operand])
        }
        return try primary()
    }

    private mutating func primary() throws(ExpressionError) -> Int {
        let mark = current
        switch mark.kind {
        case .number(let value):
            index += 1
            return try literal(value, .number, at: mark)
        case .text(let bytes):
            index += 1
            return try literal(.text(bytes[...]), .text, at: mark)
        case .symbol("("):
            index += 1
            let inner = try choice()
            guard takeSymbol(")") else { throw error("')' is missing", at: current) }
            return inner
        case .name(let name):
            index += 1
            return try named(name, mark)
        case .symbol("["):
            throw error("a list stands only after 'in'", at: mark)
        default:
            throw unexpected()
        }
    }

    // MARK: Names

    private mutating func named(_ name: String, _ mark: ExpressionToken) throws(ExpressionError) -> Int {
        if current.kind == .symbol("(") { return try call(name, mark) }
        switch name {
        case "true", "false": return try literal(.bool(name == "true"), .bool, at: mark)
        case "null": return try literal(.null, .null, at: mark)
        case "key": return try add(.key, .text, at: mark)
        case "topic": return try add(.topic, .text, at: mark)
        case "partition": return try add(.partition, .number, at: mark)
        case "offset": return try add(.offset, .number, at: mark)
        case "timestamp": return try add(.timestamp, .number, at: mark)
        case "headers": return try header(mark)
        case _ where Self.operatorWords.contains(name):
            throw error("'\(name)' needs a value before it; a field of that name is payload['\(name)']", at: mark)
        case "payload":
            guard let first = try step() else { return try add(.payload, .text, at: mark) }
            guard case .member(let name) = first else {
                throw error("the payload is an object; name a field: payload.name", at: mark)
            }
            return try field(name, mark)
        default:
            return try field(Array(name.utf8), mark)
        }
    }

    private mutating func field(_ first: [UInt8], _ mark: ExpressionToken) throws(ExpressionError) -> Int {
        var rest: [JSONPath.Step] = []
        while let step = try step() {
            rest.append(step)
            guard rest.count < JSONScanner.depthMax else { throw tooDeep() }
        }
        let known = tree.paths.firstIndex { $0.first == first && $0.rest == rest }
        if known == nil { tree.paths.append(JSONPath(first: first, rest: rest)) }
        return try add(.field(path: known ?? tree.paths.count - 1), .any, at: mark)
    }

    /// `.name`, `['name']` or `[0]`, if one of them comes next.
    private mutating func step() throws(ExpressionError) -> JSONPath.Step? {
        if takeSymbol(".") {
            guard case .name(let name) = current.kind else {
                throw error("a field's name is missing after '.'", at: current)
            }
            index += 1
            return .member(Array(name.utf8))
        }
        guard takeSymbol("[") else { return nil }
        let mark = current
        index += 1
        let step: JSONPath.Step
        switch mark.kind {
        case .text(let name): step = .member(name)
        case .number(.integer(let element)): step = .element(Int(element))
        default: throw error("brackets hold a name between quotes or an element's number", at: mark)
        }
        guard takeSymbol("]") else { throw error("']' is missing", at: current) }
        return step
    }

    private mutating func header(_ mark: ExpressionToken) throws(ExpressionError) -> Int {
        guard case .member(let name) = try step() else {
            throw error("a header is read by its name: headers['x']", at: mark)
        }
        tree.headerNames.append(String(decoding: name, as: UTF8.self))
        return try add(.header(name: tree.headerNames.count - 1), .text, at: mark)
    }

    private mutating func call(_ name: String, _ mark: ExpressionToken) throws(ExpressionError) -> Int {
        guard let function = ExpressionFunction(rawValue: name) else {
            let names = ExpressionFunction.allCases.map(\.rawValue).sorted().joined(separator: ", ")
            throw error("there is no function '\(name)'; there are \(names)", at: mark)
        }
        index += 1
        var arguments: [Int] = []
        if current.kind != .symbol(")") {
            repeat {
                let argument = try choice()
                let type = function.parameterType(arguments.count)
                try require(argument, type, "the argument of \(name)()")
                arguments.append(argument)
            } while takeSymbol(",")
        }
        guard takeSymbol(")") else { throw error("')' is missing", at: current) }
        guard function.argumentCounts.contains(arguments.count) else {
            throw error("\(function.signature) was given \(arguments.count) arguments", at: mark)
        }
        let first = tree.arguments.count
        tree.arguments += arguments
        return try add(.call(function, first: first, count: arguments.count), function.resultType, at: mark, arguments)
    }

    // MARK: Types

    /// Fails when the node is known to be of another type than wanted. Null passes: it is any type's missing value.
    private func require(_ node: Int, _ type: ExpressionTree.StaticType, _ what: String) throws(ExpressionError) {
        guard type != .any, types[node] != .any, types[node] != .null, types[node] != type else { return }
        throw ExpressionError(
            "\(what) must be \(describe(type)) and is \(describe(types[node]))", at: offsets[node], of: source)
    }

    private func requireNumbers(
        _ left: Int, _ right: Int, _ operation: ExpressionTree.Arithmetic
    ) throws(ExpressionError) {
        try require(left, .number, "what stands before '\(operation.rawValue)'")
        try require(right, .number, "what stands after '\(operation.rawValue)'")
    }

    private func checkComparable(
        _ left: Int, _ comparison: ExpressionTree.Comparison, _ right: Int, at mark: ExpressionToken
    ) throws(ExpressionError) {
        let (first, second) = (types[left], types[right])
        let isEquality = comparison == .equal || comparison == .notEqual
        if first == .null || second == .null {
            if isEquality { return }
            throw error("null has no order; only '==' and '!=' compare with null", at: mark)
        }
        if !isEquality, first == .bool || second == .bool {
            throw error("true and false have no order; only '==' and '!=' compare them", at: mark)
        }
        guard first != .any, second != .any, first != second else { return }
        throw error("\(describe(first)) is compared with \(describe(second)), which never holds", at: mark)
    }

    private func join(_ first: Int, _ second: Int) -> ExpressionTree.StaticType {
        if types[first] == types[second] || types[second] == .null { return types[first] }
        return types[first] == .null ? types[second] : .any
    }

    private func describe(_ type: ExpressionTree.StaticType) -> String {
        switch type {
        case .any: "any value"
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .text: "text"
        }
    }

    // MARK: Tokens and nodes

    private var current: ExpressionToken { tokens[min(index, tokens.count - 1)] }

    private mutating func takeSymbol(_ symbol: String) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        index += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard current.kind == .name(word) else { return false }
        index += 1
        return true
    }

    private mutating func takeArithmetic(_ operations: [ExpressionTree.Arithmetic]) -> ExpressionTree.Arithmetic? {
        guard case .symbol(let symbol) = current.kind, let operation = ExpressionTree.Arithmetic(rawValue: symbol),
            operations.contains(operation)
        else { return nil }
        index += 1
        return operation
    }

    private mutating func literal(
        _ value: ExpressionValue, _ type: ExpressionTree.StaticType, at mark: ExpressionToken
    ) throws(ExpressionError) -> Int {
        tree.literals.append(value)
        return try add(.literal(index: tree.literals.count - 1), type, at: mark)
    }

    private mutating func add(
        _ node: ExpressionTree.Node, _ type: ExpressionTree.StaticType, at mark: ExpressionToken, _ children: [Int] = []
    ) throws(ExpressionError) -> Int {
        guard tree.nodes.count < ExpressionTree.nodesMax else {
            throw error("the expression has more than \(ExpressionTree.nodesMax) parts", at: mark)
        }
        let depth = 1 + (children.map { depths[$0] }.max() ?? 0)
        guard depth <= ExpressionTree.depthMax else { throw tooDeep() }
        tree.nodes.append(node)
        types.append(type)
        depths.append(depth)
        offsets.append(children.first.map { offsets[$0] } ?? mark.offset)
        return tree.nodes.count - 1
    }

    private func tooDeep() -> ExpressionError {
        error(
            "more than \(ExpressionTree.depthMax) parts lie in one another; use 'in [...]' or several stages",
            at: current)
    }

    private func unexpected() -> ExpressionError {
        if current.kind == .end { return error("the expression ends too early", at: current) }
        var message = "\(current.quoted) is not expected here"
        if case .name(let name) = current.kind, let near = RelaxedName.nearest(to: name, among: Self.operatorWords) {
            message += "; did you mean '\(near)'?"
        }
        return error(message, at: current)
    }

    private func error(_ message: String, at token: ExpressionToken) -> ExpressionError {
        ExpressionError(message, at: token.offset, of: source)
    }
}
