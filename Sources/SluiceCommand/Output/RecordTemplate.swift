import ArgumentParser
import Foundation

/// A text with fields of a record in it, such as `%k %v %o %p %t %h\n`.
struct RecordTemplate {
    /// The fields, by the letter behind `%`; those that kcat has too mean the same there.
    enum Field: Character, CaseIterable {
        case topic = "t"
        case partition = "p"
        case offset = "o"
        case timestamp = "T"
        case date = "d"
        case key = "k"
        case keyLength = "K"
        case value = "v"
        case valueLength = "V"
        case headers = "h"

        /// What it prints, for the help.
        var meaning: String {
            switch self {
            case .topic: "topic"
            case .partition: "partition"
            case .offset: "offset"
            case .timestamp: "time in milliseconds since 1970"
            case .date: "time as in 2026-11-27T05:40:00.000Z"
            case .key: "key"
            case .keyLength: "length of the key in bytes, -1 for none"
            case .value: "value"
            case .valueLength: "length of the value in bytes, -1 for none"
            case .headers: "headers as name=value,name=value"
            }
        }
    }

    private enum Part {
        case text([UInt8])
        case field(Field)
    }

    private let parts: [Part]

    /// Reads `%` and a letter as a field, `%%` as a percent sign, and `\n`, `\t`, `\r`, `\0`, `\\` and `\xHH` as the bytes they stand for.
    init(parsing template: String) throws {
        var parts: [Part] = []
        var text: [UInt8] = []
        var rest = Substring(template)
        while let character = rest.popFirst() {
            switch character {
            case "%":
                guard let letter = rest.popFirst() else { throw ValidationError("the template ends in a lone %") }
                if letter == "%" {
                    text.append(UInt8(ascii: "%"))
                    continue
                }
                guard let field = Field(rawValue: letter) else {
                    let known = Field.allCases.map { "%\($0.rawValue)" }.joined(separator: ", ")
                    throw ValidationError("'%\(letter)' is no field of a record; these are: \(known), and %% for a %")
                }
                if !text.isEmpty { parts.append(.text(text)) }
                text = []
                parts.append(.field(field))
            case "\\": text.append(try Self.escape(&rest))
            default: text.append(contentsOf: character.utf8)
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    private static func escape(_ rest: inout Substring) throws -> UInt8 {
        switch rest.popFirst() {
        case "n": return 0x0A
        case "t": return 0x09
        case "r": return 0x0D
        case "0": return 0
        case "\\": return UInt8(ascii: "\\")
        case "x":
            let digits = rest.prefix(2)
            guard digits.count == 2, let byte = UInt8(digits, radix: 16) else {
                throw ValidationError("'\\x' in a template needs two hexadecimal digits")
            }
            rest.removeFirst(2)
            return byte
        case let other:
            let shown = other.map(String.init) ?? ""
            throw ValidationError("'\\\(shown)' means nothing in a template; \\n, \\t, \\r, \\0, \\\\ and \\xHH do")
        }
    }

    func append(_ record: borrowing PrintableRecord, to bytes: inout [UInt8]) {
        for part in parts {
            switch part {
            case .text(let text): bytes += text
            case .field(let field): Self.append(field, of: record, to: &bytes)
            }
        }
    }

    private static func append(_ field: Field, of record: borrowing PrintableRecord, to bytes: inout [UInt8]) {
        switch field {
        case .topic: bytes.append(contentsOf: record.topic.utf8)
        case .partition: bytes.append(contentsOf: "\(record.partition)".utf8)
        case .offset: bytes.append(contentsOf: "\(record.offset)".utf8)
        case .timestamp: bytes.append(contentsOf: "\(record.timestamp)".utf8)
        case .date: bytes.append(contentsOf: readableTime(record.timestamp).utf8)
        case .key: if let key = record.key { bytes.append(contentsOf: key) }
        case .keyLength: bytes.append(contentsOf: "\(record.key?.count ?? -1)".utf8)
        case .value: if let value = record.value { bytes.append(contentsOf: value) }
        case .valueLength: bytes.append(contentsOf: "\(record.value?.count ?? -1)".utf8)
        case .headers:
            for (index, header) in record.headers.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.append(contentsOf: header.name.utf8)
                bytes.append(UInt8(ascii: "="))
                if let value = header.value { bytes.append(contentsOf: value) }
            }
        }
    }
}

/// A record's time for people: `2026-11-27T05:40:00.000Z`, or `-` where it has none.
func readableTime(_ milliseconds: Int64) -> String {
    guard milliseconds >= 0 else { return "-" }
    // A Date holds binary fractions of seconds, of which 0.837 is none: formatted it becomes 0.836.
    let second = Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(second.dropLast()).\(fraction)Z"
}
