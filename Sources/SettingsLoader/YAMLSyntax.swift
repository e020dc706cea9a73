import Settings
import Yams

/// Words the YAML parser's errors for someone who has never read its grammar.
struct YAMLSyntax {
    let file: String
    let lines: [Substring]

    /// The finding for an error of the parser, at the place that is most likely at fault.
    func finding(_ error: YamlError) -> Diagnostic {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return finding(problem, at: mark, context: context)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return duplicate(duplicates.first ?? "", first: context.mark)
        case .reader(let problem, let offset, _, let yaml):
            return Diagnostic(.error, "the file is not YAML: \(problem)", at: offset.map { place($0, in: yaml) })
        default:
            return Diagnostic(.error, "the file is not YAML: \(error)", at: SourceLocation(file: file))
        }
    }

    private func finding(_ problem: String, at mark: Mark, context: YamlError.Context?) -> Diagnostic {
        if let tab = tabLine(near: mark.line) {
            return report("a tab cannot indent YAML; use spaces", line: tab.line, column: tab.column)
        }
        if let missing = missingSpaceLine(near: [context?.mark.line, mark.line, mark.line - 1].compactMap(\.self)) {
            return report("a space is missing after the ':'", line: missing.line, column: missing.column)
        }
        let opened = context?.mark ?? mark
        switch problem {
        case let text where text.contains("could not find expected ':'"):
            return report("a ':' and a space must follow the key", line: opened.line, column: opened.column)
        case let text where text.contains("mapping values are not allowed"):
            if let missing = missingColonLine(above: mark.line) {
                return report("a ':' is missing here", line: missing.line, column: missing.column)
            }
            return report(
                "a ': ' is not allowed here; quote the text, or align the line with its siblings", mark)
        case let text where text.contains("cannot start any token"):
            let character = character(at: mark).map { " with '\($0)'" } ?? " so"
            return report("a plain text cannot begin\(character); put it in quotes", mark)
        case let text where text.contains("expected ',' or"):
            let bracket = text.contains("']'") ? "]" : "}"
            return report("a ',' or the closing '\(bracket)' is missing before this", mark)
        case let text where text.contains("unexpected end of stream"):
            return report("the quote that opens here is never closed", line: opened.line, column: opened.column)
        case let text where text.contains("did not find expected key"):
            return report("this line's indentation fits no block above; align it with its siblings", mark)
        case let text where text.contains("expected '-' indicator"):
            return report("an element of the list must begin with '- ' here; align the line with its siblings", mark)
        case let text where text.contains("undefined alias"):
            return report("this alias names no anchor ('&name') above", mark)
        case let text where text.contains("unknown escape character"):
            return report("a double-quoted text takes '\\\\' for a backslash; or use single quotes", mark)
        default:
            return report("the file is not YAML: \(problem)", mark)
        }
    }

    /// A key that stands twice in one mapping. The parser names the first place only; the second is found by its
    /// indentation, which flow mappings do not have.
    private func duplicate(_ name: String, first: Mark) -> Diagnostic {
        let pattern = String(repeating: " ", count: max(0, first.column - 1)) + name + ":"
        for index in lines.indices.dropFirst(first.line) {
            let indentation = lines[index].prefix { $0 == " " }.count
            if lines[index].hasPrefix(pattern) {
                let message = "'\(name)' is set twice; first at \(file):\(first.line):\(first.column)"
                return report(message, line: index + 1, column: first.column)
            }
            let isBlank = indentation == lines[index].count || lines[index].dropFirst(indentation).first == "#"
            if indentation < first.column - 1, !isBlank { break }
        }
        return report("'\(name)' is set twice in this mapping", first)
    }

    /// The line at or just before the error whose indentation holds a tab.
    private func tabLine(near line: Int) -> (line: Int, column: Int)? {
        for number in [line, line - 1] where lines.indices.contains(number - 1) {
            let indentation = lines[number - 1].prefix { $0 == " " || $0 == "\t" }
            if let tab = indentation.firstIndex(of: "\t") {
                return (number, indentation.distance(from: indentation.startIndex, to: tab) + 1)
            }
        }
        return nil
    }

    /// One of the lines that reads `key:value`, and where its space belongs.
    private func missingSpaceLine(near numbers: [Int]) -> (line: Int, column: Int)? {
        for number in numbers where lines.indices.contains(number - 1) {
            if let column = Self.missingSpace(in: lines[number - 1]) { return (number, column) }
        }
        return nil
    }

    /// The column where `key:value` lacks a space, nil where the text is anything else.
    static func missingSpace(in line: Substring) -> Int? {
        let indentation = line.prefix { $0 == " " }.count
        let key = line.dropFirst(indentation).prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        let rest = line.dropFirst(indentation + key.count)
        guard !key.isEmpty, rest.first == ":", let next = rest.dropFirst().first, next != " ", next != "\t",
            next != "\r", next != "/", next != ":"
        else { return nil }
        return indentation + key.count + 2
    }

    /// The line above that is a lone key, and where its colon belongs.
    private func missingColonLine(above line: Int) -> (line: Int, column: Int)? {
        guard line > 1, lines.indices.contains(line - 2) else { return nil }
        let indentation = lines[line - 2].prefix { $0 == " " }.count
        let word = lines[line - 2].dropFirst(indentation)
        guard !word.isEmpty, word.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }) else { return nil }
        return (line - 1, indentation + word.count + 1)
    }

    private func character(at mark: Mark) -> Character? {
        guard lines.indices.contains(mark.line - 1) else { return nil }
        return lines[mark.line - 1].dropFirst(max(0, mark.column - 1)).first
    }

    private func place(_ offset: Int, in yaml: String) -> SourceLocation {
        let before = yaml.prefix(offset)
        let line = before.count { $0 == "\n" } + 1
        let column = before.reversed().prefix { $0 != "\n" }.count + 1
        return SourceLocation(file: file, line: line, column: column)
    }

    private func report(_ message: String, _ mark: Mark) -> Diagnostic {
        report(message, line: mark.line, column: mark.column)
    }

    private func report(_ message: String, line: Int, column: Int) -> Diagnostic {
        Diagnostic(.error, message, at: SourceLocation(file: file, line: line, column: column))
    }
}
