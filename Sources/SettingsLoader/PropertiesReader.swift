import Settings

/// Reads the syntax of Java's properties files: `key=value`, `key: value` or `key value` by lines, `#` and `!` before comments, a backslash at the end of
/// a line that goes on, and escapes. As `java.util.Properties` defines it, but in UTF-8, and what a value ends with in blanks is not part of it.
struct PropertiesReader {
    struct Property {
        let name: String
        let location: SourceLocation
        let value: ConfigText
    }

    private struct Character {
        let scalar: Unicode.Scalar
        let location: SourceLocation
    }

    private(set) var properties: [Property] = []
    private(set) var findings: [Diagnostic] = []

    init(_ text: String, file: String) {
        for line in Self.logicalLines(text, file) {
            do throws(Diagnostic) {
                properties.append(try Self.property(line))
            } catch {
                findings.append(error)
            }
        }
    }

    /// Lines with those that continue them, without comments, empty lines and the blanks they begin with.
    private static func logicalLines(_ text: String, _ file: String) -> [[Character]] {
        var lines: [[Character]] = []
        var current: [Character] = []
        var isContinued = false
        for (number, natural) in naturalLines(text).enumerated() {
            let indent = natural.prefix(while: isBlank).count
            let rest = natural.dropFirst(indent)
            if !isContinued {
                current = []
                guard let first = rest.first, first != "#", first != "!" else { continue }
            }
            let trailing = rest.reversed().prefix { $0 == "\\" }.count
            isContinued = trailing % 2 == 1
            for (column, scalar) in rest.enumerated() where !isContinued || column < rest.count - 1 {
                let location = SourceLocation(file: file, line: number + 1, column: indent + column + 1)
                current.append(Character(scalar: scalar, location: location))
            }
            if !isContinued, !current.isEmpty { lines.append(current) }
        }
        if isContinued, !current.isEmpty { lines.append(current) }
        return lines
    }

    /// The lines, however they end: with LF, CR or both.
    private static func naturalLines(_ text: String) -> [[Unicode.Scalar]] {
        var lines: [[Unicode.Scalar]] = [[]]
        var last: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            defer { last = scalar }
            if scalar == "\n", last == "\r" { continue }
            if scalar == "\n" || scalar == "\r" {
                lines.append([])
            } else {
                lines[lines.count - 1].append(scalar)
            }
        }
        return lines
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\u{C}"
    }

    private static func property(_ line: [Character]) throws(Diagnostic) -> Property {
        var end = 0
        while end < line.count, !isSeparator(line[end].scalar) {
            end += line[end].scalar == "\\" ? 2 : 1
        }
        end = min(end, line.count)
        let location = line[0].location
        guard end > 0 else {
            throw Diagnostic(.error, "a key is missing before '\(line[0].scalar)'", at: location)
        }
        var start = end
        while start < line.count, isBlank(line[start].scalar) { start += 1 }
        if start < line.count, line[start].scalar == "=" || line[start].scalar == ":" { start += 1 }
        while start < line.count, isBlank(line[start].scalar) { start += 1 }
        let place = start < line.count ? line[start].location : after(line[line.count - 1].location)
        var value = try unescaped(line[start...])
        while let last = value.unicodeScalars.last, isBlank(last) { value.unicodeScalars.removeLast() }
        return Property(name: try unescaped(line[..<end]), location: location, value: ConfigText(value, at: place))
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "=" || scalar == ":" || isBlank(scalar)
    }

    private static func after(_ location: SourceLocation) -> SourceLocation {
        SourceLocation(file: location.file, line: location.line, column: location.column + 1)
    }

    private static func unescaped(_ characters: ArraySlice<Character>) throws(Diagnostic) -> String {
        // In UTF-16, since two escapes together may be one scalar.
        var units: [UInt16] = []
        var index = characters.startIndex
        while index < characters.endIndex {
            let scalar = characters[index].scalar
            index += 1
            guard scalar == "\\", index < characters.endIndex else {
                units.append(contentsOf: UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter)
                continue
            }
            let escaped = characters[index].scalar
            index += 1
            switch escaped {
            case "t": units.append(9)
            case "n": units.append(10)
            case "f": units.append(12)
            case "r": units.append(13)
            case "u":
                let digits = characters[index...].prefix(4).map { Swift.Character($0.scalar) }
                guard digits.count == 4, digits.allSatisfy(\.isHexDigit), let unit = UInt16(String(digits), radix: 16)
                else {
                    throw Diagnostic(
                        .error, "'\\u\(String(digits))' is no character; \\u is followed by four hexadecimal digits",
                        at: characters[index - 2].location)
                }
                units.append(unit)
                index += 4
            default: units.append(contentsOf: UTF16.encode(escaped) ?? UTF16.encodedReplacementCharacter)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
