import Compression
import Testing

@testable import Records

@Suite("Decoding untrusted batches")
struct RecordDecodingTests {
    /// A batch with a valid checksum around any body and header fields.
    static func batch(
        body: [UInt8], recordCount: Int32 = 1, lastOffsetDelta: Int32 = 0, attributes: Int16 = 0
    ) -> RecordBatch {
        var header = RecordBatchHeader(
            compression: .none, recordCount: recordCount, baseTimestamp: 10, maxTimestamp: 99)
        header.attributes = attributes
        header.lastOffsetDelta = lastOffsetDelta
        return RecordBatch(sealing: header, body: body)
    }

    /// A record of one-byte numbers and no key, value or headers, which tests then damage.
    static let plain: [UInt8] = [12, 0, 0, 0, 1, 1, 0]

    struct Malformed: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var body: [UInt8]
        var count: Int32 = 1
        var lastOffsetDelta: Int32 = 0
        var message: String
    }

    @Test(
        "a malformed record is refused when the batch is decoded",
        arguments: [
            Malformed(testDescription: "length beyond the end", body: [14, 0, 0, 0, 1, 1, 0], message: "end within"),
            Malformed(testDescription: "negative length", body: [13, 0, 0, 0, 1, 1, 0], message: "negative"),
            Malformed(testDescription: "length too short", body: [10, 0, 0, 0, 1, 1, 0], message: "end within"),
            Malformed(
                testDescription: "length too long for its fields", body: [14, 0, 0, 0, 1, 1, 0, 0],
                message: "do not fill"),
            Malformed(
                testDescription: "six-byte length", body: [0x8C, 0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0, 1, 1, 0],
                message: "longer than its type"),
            Malformed(
                testDescription: "33-bit length", body: [0x8C, 0x80, 0x80, 0x80, 0x10, 0, 0, 0, 1, 1, 0],
                message: "longer than its type"),
            Malformed(
                testDescription: "eleven-byte timestamp",
                body: [32, 0] + [UInt8](repeating: 0x80, count: 10) + [0, 0, 1, 1, 0], message: "longer than its type"),
            Malformed(
                testDescription: "65-bit timestamp",
                body: [30, 0] + [UInt8](repeating: 0x80, count: 9) + [2, 0, 1, 1, 0], message: "longer than its type"),
            Malformed(testDescription: "key beyond the end", body: [12, 0, 0, 0, 8, 1, 0], message: "reaches beyond"),
            Malformed(testDescription: "key length -2", body: [12, 0, 0, 0, 3, 1, 0], message: "negative"),
            Malformed(
                testDescription: "value beyond the end", body: [12, 0, 0, 0, 1, 8, 0], message: "reaches beyond"),
            Malformed(testDescription: "negative header count", body: [12, 0, 0, 0, 1, 1, 1], message: "negative"),
            Malformed(
                testDescription: "two billion headers",
                body: [20, 0, 0, 0, 1, 1, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F], message: "end within"),
            Malformed(
                testDescription: "null header name", body: [16, 0, 0, 0, 1, 1, 2, 1, 1], message: "negative"),
            Malformed(
                testDescription: "header value beyond the end", body: [16, 0, 0, 0, 1, 1, 2, 0, 4],
                message: "reaches beyond"),
            Malformed(testDescription: "bytes after the records", body: plain + [0], message: "follow the last"),
            Malformed(testDescription: "fewer records than counted", body: plain + [12], count: 1, message: "follow"),
            Malformed(
                testDescription: "offset beyond the last", body: [12, 0, 0, 2, 1, 1, 0], message: "offset is not after"),
            Malformed(
                testDescription: "negative offset delta", body: [12, 0, 0, 1, 1, 1, 0], message: "offset is not after"),
            Malformed(
                testDescription: "offset twice", body: plain + plain, count: 2, lastOffsetDelta: 1,
                message: "offset is not after"),
        ])
    func malformed(example: Malformed) throws {
        let batch = try Self.batch(
            body: example.body, recordCount: example.count, lastOffsetDelta: example.lastOffsetDelta
        ).reread()
        do throws(RecordsError) {
            _ = try batch.records()
            Issue.record("accepted")
        } catch {
            #expect(error.code == .corrupt)
            #expect(error.description.contains(example.message), "\(error)")
        }
    }

    @Test("a record's extra-long but valid numbers are read as Kafka reads them")
    func overlongNumbers() throws {
        // The length 8 in two bytes, the timestamp delta 0 in three.
        let batch = Self.batch(body: [0x90, 0x00, 0, 0x80, 0x80, 0x00, 0, 1, 1, 0])
        #expect(try batch.records().map(\.timestamp) == [10])
    }

    struct MalformedHeader: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var at: Int
        var bytes: [UInt8]
        var code: RecordsError.Code
    }

    @Test(
        "a malformed header is refused before the checksum is taken",
        arguments: [
            MalformedHeader(testDescription: "version 1", at: 16, bytes: [1], code: .unsupportedVersion),
            MalformedHeader(testDescription: "version -1", at: 16, bytes: [255], code: .unsupportedVersion),
            MalformedHeader(testDescription: "length 48", at: 8, bytes: [0, 0, 0, 48], code: .corrupt),
            MalformedHeader(testDescription: "negative length", at: 8, bytes: [255, 0, 0, 48], code: .corrupt),
            MalformedHeader(testDescription: "length too long", at: 8, bytes: [127, 255, 255, 255], code: .truncated),
            MalformedHeader(testDescription: "codec 5", at: 22, bytes: [5], code: .unsupportedCompression),
            MalformedHeader(testDescription: "negative offset", at: 0, bytes: [255], code: .corrupt),
            MalformedHeader(
                testDescription: "greatest offset", at: 0, bytes: [127] + [UInt8](repeating: 255, count: 7),
                code: .corrupt),
            MalformedHeader(testDescription: "negative last offset", at: 23, bytes: [255], code: .corrupt),
            MalformedHeader(testDescription: "negative count", at: 57, bytes: [255], code: .corrupt),
            MalformedHeader(testDescription: "more records than offsets", at: 60, bytes: [3], code: .corrupt),
            MalformedHeader(testDescription: "wrong checksum", at: 17, bytes: [1, 2, 3, 4], code: .checksumMismatch),
            MalformedHeader(testDescription: "damaged record", at: 62, bytes: [9], code: .checksumMismatch),
        ])
    func malformedHeader(example: MalformedHeader) {
        var bytes = Self.batch(body: Self.plain).encoded()
        bytes.replaceSubrange(example.at..<(example.at + example.bytes.count), with: example.bytes)
        do throws(RecordsError) {
            _ = try RecordBatch(validating: bytes, range: bytes.indices)
            Issue.record("accepted")
        } catch {
            #expect(error.code == example.code)
        }
    }

    @Test("a batch that is cut off or followed by bytes is refused, as is a range outside the bytes")
    func exactLength() {
        let bytes = Self.batch(body: Self.plain).encoded() + [0]
        for end in 0..<bytes.count where end != bytes.count - 1 {
            #expect(throws: RecordsError.self) { try RecordBatch(validating: bytes, range: 0..<end) }
        }
        #expect(throws: RecordsError.self) { try RecordBatch(validating: bytes, range: 0..<bytes.count) }
        #expect(throws: RecordsError.self) { try RecordBatch(validating: bytes, range: 0..<(bytes.count + 1)) }
        #expect(throws: RecordsError.self) { try RecordBatch(validating: bytes, range: -1..<(bytes.count - 1)) }
    }

    @Test("more records than the bytes can hold are refused before they are looked for", arguments: [0, 4] as [Int16])
    func hostileCount(codec: Int16) throws {
        var body: [UInt8] = Self.plain
        if codec != 0 {
            body = []
            try Self.plain.withUnsafeBytes { try Compressor(.zstd).compress($0, appendingTo: &body) }
        }
        let bytes = Self.batch(
            body: body, recordCount: .max, lastOffsetDelta: .max, attributes: codec
        ).encoded()
        #expect(throws: RecordsError.self) { try RecordBatch(validating: bytes, range: bytes.indices).records() }
    }

    @Test("a batch without records, as compaction may leave it, is valid")
    func emptied() throws {
        let batch = try Self.batch(body: [], recordCount: 0, lastOffsetDelta: 9).reread()
        #expect(try batch.records().first == nil)
        #expect(batch.nextOffset == 10)
    }

    @Test("offsets may have gaps")
    func gaps() throws {
        let batch = try Self.batch(
            body: [12, 0, 0, 4, 1, 1, 0, 12, 0, 0, 12, 1, 1, 0], recordCount: 2, lastOffsetDelta: 9
        ).placed(at: 100, leaderEpoch: 0).reread()
        #expect(try batch.records().map(\.offset) == [102, 106])
    }

    @Test("under log append time every record has the batch's timestamp")
    func logAppendTime() throws {
        let batch = Self.batch(body: [12, 0, 8, 0, 1, 1, 0], attributes: RecordBatchHeader.logAppendTimeBit)
        #expect(batch.header.timestampType == .logAppendTime)
        #expect(try batch.records().map(\.timestamp) == [99])
        #expect(try Self.batch(body: [12, 0, 8, 0, 1, 1, 0]).records().map(\.timestamp) == [14])
    }

    @Test("records that decompress to more than the limit are refused", arguments: CompressionType.allCases)
    func limit(compression: CompressionType) throws {
        var builder = RecordBatchBuilder(compression: compression)
        builder.append(keyBytes: nil, valueBytes: [UInt8](repeating: 65, count: 100_000), timestamp: 0)
        let batch = try builder.build()
        #expect(try batch.records(payloadBytesMax: 101_000).count == 1)
        do throws(RecordsError) {
            _ = try batch.records(payloadBytesMax: 100_000)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .tooLarge)
        }
    }

    @Test("a view of another batch gives headers of no use, and no read outside the payload")
    func foreignView() throws {
        var builder = RecordBatchBuilder()
        let many = (0..<50).map { RecordHeader(name: "name \($0)", value: [1, 2, 3]) }
        builder.append(keyBytes: nil, valueBytes: nil, timestamp: 0, headers: many)
        let long = try builder.build().records()
        let short = try Self.batch(body: Self.plain).records()
        let view = try #require(long.first)
        #expect(long.headers(of: view) == many)
        #expect(short.headers(of: view).count < 50)
    }
}
