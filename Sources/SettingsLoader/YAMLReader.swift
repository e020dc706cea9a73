import Settings
import Yams

/// Reads the documents of one YAML text into nodes that know their places.
struct YAMLReader {
    /// A file with more values than this, its aliases expanded, is refused: a few lines of nested aliases could fill the
    /// memory otherwise.
    static let nodesMax = 100_000
    /// Deeper nesting than this is refused.
    static let depthMax = 64

    private let file: String
    private let text: String
    private let lines: [Substring]
    private var nodeCount = 0

    /// Prepares to read a text that came from `file`.
    init(text: String, file: String) {
        self.file = file
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The documents, and the findings that keep some from being read.
    mutating func documents() -> (documents: [ConfigNode], findings: [Diagnostic]) {
        var documents: [ConfigNode] = []
        do {
            let parser = try Parser(yaml: text, encoding: .utf8)
            while let root = try parser.nextRoot() {
                documents.append(try node(root, depth: 0))
            }
            return (documents, [])
        } catch let finding as Diagnostic {
            return (documents, [finding])
        } catch let error as YamlError {
            return (documents, [YAMLSyntax(file: file, lines: lines).finding(error)])
        } catch {
            return (documents, [Diagnostic(.error, "\(error)", at: SourceLocation(file: file))])
        }
    }

    private mutating func node(_ node: Node, depth: Int) throws -> ConfigNode {
        let location = place(node.mark)
        nodeCount += 1
        guard nodeCount <= Self.nodesMax, depth <= Self.depthMax else {
            let limit =
                depth > Self.depthMax ? "\(Self.depthMax) levels" : "\(Self.nodesMax) values with its aliases expanded"
            throw Diagnostic(.error, "a configuration has at most \(limit)", at: location)
        }
        switch node {
        case .scalar(let scalar):
            if scalar.style == .plain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
                return ConfigNode(content: .null, location: location)
            }
            let text = ConfigText(scalar.string, at: location, textLocation: textPlace(scalar, at: location))
            return ConfigNode(content: .scalar(text), location: location)
        case .sequence(let sequence):
            let elements = try sequence.map { try self.node($0, depth: depth + 1) }
            return ConfigNode(content: .list(elements), location: location)
        case .mapping(let mapping):
            return ConfigNode(content: .map(try entries(mapping, depth: depth)), location: location)
        case .alias:
            throw Diagnostic(.error, "this alias has no anchor", at: location)
        }
    }

    /// The entries of a mapping; those merged in with `<<` come last and yield to the mapping's own.
    private mutating func entries(_ mapping: Node.Mapping, depth: Int) throws -> [ConfigEntry] {
        var entries: [ConfigEntry] = []
        var merged: [ConfigEntry] = []
        for (key, value) in mapping {
            guard let scalar = key.scalar else {
                throw Diagnostic(.error, "a key must be a plain name, not a list or a mapping", at: place(key.mark))
            }
            let location = place(key.mark)
            let inner = try node(value, depth: depth + 1)
            if scalar.string == "<<", scalar.style == .plain {
                merged += try mergedEntries(inner)
            } else {
                entries.append(ConfigEntry(key: scalar.string, at: textPlace(scalar, at: location), value: inner))
            }
        }
        for entry in merged where !entries.contains(where: { $0.name == entry.name }) { entries.append(entry) }
        return entries
    }

    private func mergedEntries(_ node: ConfigNode) throws -> [ConfigEntry] {
        switch node.content {
        case .map(let entries): return entries
        case .list(let nodes): return try nodes.flatMap(mergedEntries)
        case .null, .scalar:
            throw Diagnostic(.error, "'<<' merges a mapping, such as '*anchor'", at: node.location)
        }
    }

    /// The place of a value itself, behind its anchor and tag.
    private func place(_ mark: Mark?) -> SourceLocation {
        guard let mark else { return SourceLocation(file: file) }
        var location = SourceLocation(file: file, line: mark.line, column: mark.column)
        guard lines.indices.contains(mark.line - 1) else { return location }
        var rest = lines[mark.line - 1].unicodeScalars.dropFirst(max(0, mark.column - 1))
        while let first = rest.first, first == "&" || first == "!" {
            let word = rest.prefix { $0 != " " && $0 != "\t" }
            let gap = rest.dropFirst(word.count).prefix { $0 == " " || $0 == "\t" }
            location.column += word.count + gap.count
            rest = rest.dropFirst(word.count + gap.count)
        }
        return location
    }

    /// Where a scalar's first character stands: behind the quote, or on the line below a block's indicator.
    private func textPlace(_ scalar: Node.Scalar, at location: SourceLocation) -> SourceLocation {
        var place = location
        switch scalar.style {
        case .singleQuoted, .doubleQuoted: place.column += 1
        case .literal, .folded:
            for index in lines.indices.dropFirst(location.line) {
                let indentation = lines[index].prefix { $0 == " " }.count
                if indentation < lines[index].count {
                    place.line = index + 1
                    place.column = indentation + 1
                    break
                }
            }
        case .any, .plain: break
        }
        return place
    }
}
