import ArgumentParser
import Foundation
import Streams

/// How `sluice consume` prints a record.
enum RecordFormat {
    /// The value's bytes and a newline.
    case value
    /// An object a line, as `sluice log dump --format json` has it.
    case json
    /// As a template says.
    case template(RecordTemplate)

    /// `value`, `json`, or a template, which has at least one field.
    init(parsing text: String) throws {
        switch text {
        case "value": self = .value
        case "json": self = .json
        default:
            guard text.contains("%") else {
                throw ValidationError(
                    "'\(text)' is no format; it is value, json, or a template such as '%o %k %v\\n'")
            }
            self = .template(try RecordTemplate(parsing: text))
        }
    }

    /// Appends a record to bytes that will be printed.
    func append(_ record: borrowing PrintableRecord, to bytes: inout [UInt8]) {
        switch self {
        case .value:
            if let value = record.value { bytes.append(contentsOf: value) }
            bytes.append(UInt8(ascii: "\n"))
        case .json:
            record.appendJSON(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        case .template(let template): template.append(record, to: &bytes)
        }
    }
}

/// A record's parts while it is printed.
struct PrintableRecord: ~Copyable {
    typealias Header = (name: String, value: UnsafeRawBufferPointer?)

    let topic: String
    let partition: Int32
    let offset: Int64
    /// Milliseconds since 1970, or -1.
    let timestamp: Int64
    let key: UnsafeRawBufferPointer?
    let value: UnsafeRawBufferPointer?
    let headers: [Header]

    /// The object that `--format json` prints: bytes as text, or in Base64 where they are not UTF-8. The members stand in the order of their names.
    func appendJSON(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"headers":["#.utf8)
        for (index, header) in headers.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: #"{"name":"#.utf8)
            Self.append(header.name, to: &bytes)
            bytes.append(contentsOf: #","value":"#.utf8)
            Self.append(header.value, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(contentsOf: #"],"key":"#.utf8)
        Self.append(key, to: &bytes)
        bytes.append(contentsOf: #","offset":"#.utf8)
        JSONWriter.append(offset, to: &bytes)
        bytes.append(contentsOf: #","partition":"#.utf8)
        JSONWriter.append(Int64(partition), to: &bytes)
        bytes.append(contentsOf: #","timestamp":"#.utf8)
        JSONWriter.append(timestamp, to: &bytes)
        bytes.append(contentsOf: #","topic":"#.utf8)
        Self.append(topic, to: &bytes)
        bytes.append(contentsOf: #","value":"#.utf8)
        Self.append(value, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { JSONWriter.appendString(UnsafeRawBufferPointer($0), to: &bytes) }
    }

    private static func append(_ content: UnsafeRawBufferPointer?, to bytes: inout [UInt8]) {
        guard let content else {
            bytes.append(contentsOf: "null".utf8)
            return
        }
        if String(validating: content, as: UTF8.self) != nil {
            JSONWriter.appendString(content, to: &bytes)
        } else {
            bytes.append(contentsOf: #"{"base64":""#.utf8)
            bytes.append(contentsOf: Data(content).base64EncodedString().utf8)
            bytes.append(contentsOf: #""}"#.utf8)
        }
    }
}
