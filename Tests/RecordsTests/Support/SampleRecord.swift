import Compression
import Foundation
import Records
import TestSupport
import Testing

/// A record by value, as the tests compare it and as the Python side writes it in JSON (bytes in base64).
struct SampleRecord: Codable, Equatable {
    struct Header: Codable, Equatable {
        var name: String
        var value: Data?
    }

    var offset: Int64
    var timestamp: Int64
    var key: Data?
    var value: Data?
    var headers: [Header]

    /// `count` records with offsets from 0 on, with null and empty keys and values, repeated headers, and timestamps that go back.
    static func random(count: Int, using random: inout SeededGenerator) -> [SampleRecord] {
        let start: Int64 = 1_700_000_000_000
        return (0..<count).map { index in
            SampleRecord(
                offset: Int64(index), timestamp: start + Int64(random.below(200_000)) - 100_000,
                key: bytes(upTo: 20, using: &random), value: bytes(upTo: 300, using: &random),
                headers: (0..<max(0, random.below(6) - 3)).map { number in
                    Header(name: number == 0 ? "größe" : "trace", value: bytes(upTo: 90, using: &random))
                })
        }
    }

    private static func bytes(upTo length: Int, using random: inout SeededGenerator) -> Data? {
        switch random.below(8) {
        case 0: nil
        case 1: Data()
        case 2: Data((0..<random.below(length)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        default: Data("GET /index.html?page=\(random.below(100)) HTTP/1.1 200".utf8.prefix(length))
        }
    }
}

extension [SampleRecord] {
    /// These records in one batch.
    func batch(compression: CompressionType = .none, level: Int? = nil) throws -> RecordBatch {
        var builder = RecordBatchBuilder(compression: compression, level: level)
        for record in self {
            builder.append(
                keyBytes: record.key.map { [UInt8]($0) }, valueBytes: record.value.map { [UInt8]($0) },
                timestamp: record.timestamp,
                headers: record.headers.map { header in
                    RecordHeader(name: header.name, value: header.value.map { [UInt8]($0) })
                })
        }
        return try builder.build()
    }

    /// The records of a batch.
    init(_ batch: RecordBatch) throws {
        let decoded = try batch.records()
        self = decoded.map { view in
            SampleRecord(
                offset: view.offset, timestamp: view.timestamp, key: view.key.map { Data(decoded.bytes($0)) },
                value: view.value.map { Data(decoded.bytes($0)) },
                headers: decoded.headers(of: view).map { header in
                    SampleRecord.Header(name: header.name, value: header.value.map { Data($0) })
                })
        }
        #expect(decoded.count == count)
    }
}

extension RecordBatch {
    /// The batch read back from its own bytes.
    func reread() throws -> RecordBatch {
        let bytes = encoded()
        return try RecordBatch(validating: bytes, range: bytes.indices)
    }
}
