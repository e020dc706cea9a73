import Foundation
import Records

/// Prints records to standard output, many in one write.
struct RecordPrinter {
    private let format: LogDump.Format
    private var buffer: [UInt8] = []
    private let encoder = JSONEncoder()
    private static let bufferBytes = 1 << 20

    init(format: LogDump.Format) {
        self.format = format
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    mutating func print(_ record: RecordView, of records: DecodedRecords, in source: TopicPartition) throws {
        switch format {
        case .value:
            if let value = record.value { buffer += records.bytes(value) }
        case .json:
            buffer += try encoder.encode(PrintedRecord(record, of: records, in: source))
        }
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes what is left.
    mutating func flush() throws {
        try StandardOutput.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}

/// A record as `sluice log dump --format json` prints it.
private struct PrintedRecord: Encodable {
    /// Bytes as text, or in Base64 where they are not UTF-8.
    struct Bytes: Encodable {
        let bytes: ArraySlice<UInt8>

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if let text = String(validating: bytes, as: UTF8.self) {
                try container.encode(text)
            } else {
                try container.encode(["base64": Data(bytes).base64EncodedString()])
            }
        }
    }

    struct Header: Encodable {
        let name: String
        let value: Bytes?
    }

    let topic: String
    let partition: Int32
    let offset: Int64
    let timestamp: Int64
    let key: Bytes?
    let value: Bytes?
    let headers: [Header]

    init(_ record: RecordView, of records: DecodedRecords, in source: TopicPartition) {
        topic = source.topic
        partition = source.partition
        offset = record.offset
        timestamp = record.timestamp
        key = record.key.map { Bytes(bytes: records.bytes($0)) }
        value = record.value.map { Bytes(bytes: records.bytes($0)) }
        headers = records.headers(of: record).map { header in
            Header(name: header.name, value: header.value.map { Bytes(bytes: $0[...]) })
        }
    }
}
