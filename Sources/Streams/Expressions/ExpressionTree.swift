/// A parsed expression. The nodes lie in one array and name one another by index, so evaluating counts no references.
struct ExpressionTree: Sendable {
    /// What a node's value is known to be before any record is seen.
    enum StaticType: Sendable {
        /// Known only with the record, such as a field.
        case any
        case null
        case bool
        case number
        case text
    }

    /// One operation. The integers are indexes of nodes unless named otherwise.
    enum Node: Sendable {
        case literal(index: Int)
        case field(path: Int)
        case payload
        case header(name: Int)
        case key
        case topic
        case partition
        case offset
        case timestamp
        case not(Int)
        case negate(Int)
        case and(Int, Int)
        case or(Int, Int)
        case compare(Comparison, Int, Int)
        case calculate(Arithmetic, Int, Int)
        case search(TextSearch, Int, Int)
        case matches(Int, glob: Int)
        /// Whether the value is among `count` nodes of `arguments` from `first`.
        case isIn(Int, first: Int, count: Int)
        case choose(condition: Int, then: Int, otherwise: Int)
        case ifNull(Int, then: Int)
        /// The arguments are `count` nodes of `arguments` from `first`.
        case call(ExpressionFunction, first: Int, count: Int)
    }

    /// Comparisons of two values.
    enum Comparison: String, Sendable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// Calculations with two numbers; `add` also joins texts.
    enum Arithmetic: String, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case remainder = "%"
    }

    /// Searches for one text in another.
    enum TextSearch: String, Sendable {
        case contains
        case startsWith
        case endsWith
    }

    /// There are at most so many nodes, which bounds what one record costs.
    static let nodesMax = 1000
    /// Nodes lie in one another at most this deep: evaluating recurses.
    static let depthMax = 100

    var nodes: [Node] = []
    var literals: [ExpressionValue] = []
    var paths: [JSONPath] = []
    var headerNames: [String] = []
    var globs: [Glob] = []
    var arguments: [Int] = []
    var root = 0
}
