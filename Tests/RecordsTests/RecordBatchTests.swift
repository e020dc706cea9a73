import Compression
import Foundation
import TestSupport
import Testing

@testable import Records

@Suite("Record batches")
struct RecordBatchTests {
    @Test("a batch is byte for byte what the format says")
    func golden() throws {
        var builder = RecordBatchBuilder()
        builder.append(
            keyBytes: Array("k".utf8), valueBytes: Array("value".utf8), timestamp: 1000,
            headers: [RecordHeader(name: "h", value: [7]), RecordHeader(name: "n", value: nil)])
        builder.append(keyBytes: nil, valueBytes: nil, timestamp: 999)
        let batch = try builder.build().placed(at: 0x0102, leaderEpoch: 5)
        let header: [UInt8] = [
            0, 0, 0, 0, 0, 0, 1, 2,  // base offset
            0, 0, 0, 76,  // length: 49 and 27
            0, 0, 0, 5,  // leader epoch
            2,  // version
        ]
        let checked: [UInt8] = [
            0, 0,  // attributes
            0, 0, 0, 1,  // last offset delta
            0, 0, 0, 0, 0, 0, 3, 0xE8,  // base timestamp
            0, 0, 0, 0, 0, 0, 3, 0xE8,  // max timestamp
            255, 255, 255, 255, 255, 255, 255, 255,  // producer id
            255, 255,  // producer epoch
            255, 255, 255, 255,  // base sequence
            0, 0, 0, 2,  // record count
            // length 19, attributes, timestamp delta 0, offset delta 0, key, value, two headers: h = 7, n = null
            38, 0, 0, 0, 2, 0x6B, 10, 0x76, 0x61, 0x6C, 0x75, 0x65, 4, 2, 0x68, 2, 7, 2, 0x6E, 1,
            // length 6, attributes, timestamp delta -1, offset delta 1, null key, null value, no headers
            12, 0, 1, 2, 1, 1, 0,
        ]
        let crc = checked.withUnsafeBytes { CRC32C.checksum($0) }
        let crcBytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: crc >> $0) }
        #expect(batch.encoded() == header + crcBytes + checked)
    }

    @Test("what goes in comes out, under every codec", arguments: CompressionType.allCases)
    func roundTrip(compression: CompressionType) throws {
        var random = SeededGenerator.announced(for: "roundTrip \(compression)")
        for count in [1, 2, 50, 2000] {
            let records = SampleRecord.random(count: count, using: &random)
            let batch = try records.batch(compression: compression).reread()
            #expect(try [SampleRecord](batch) == records)
            #expect(batch.header.compression == compression)
            #expect(batch.recordCount == count)
            #expect(batch.maxTimestamp == records.map(\.timestamp).max())
            #expect(batch.header.baseTimestamp == records.first?.timestamp)
        }
    }

    @Test("the extremes of a timestamp survive", arguments: [Int64.min, -1, 0, Int64.max])
    func timestamps(extreme: Int64) throws {
        let times = [extreme, 0, Int64.max, Int64.min, extreme]
        let records = times.enumerated().map { index, time in
            SampleRecord(offset: Int64(index), timestamp: time, key: nil, value: nil, headers: [])
        }
        #expect(try [SampleRecord](records.batch().reread()).map(\.timestamp) == times)
    }

    @Test(
        "a builder is empty after a batch and builds the next as a new one would", arguments: CompressionType.allCases)
    func reuse(compression: CompressionType) throws {
        var random = SeededGenerator.announced(for: "reuse \(compression)")
        var builder = RecordBatchBuilder(compression: compression)
        for _ in 0..<5 {
            let records = SampleRecord.random(count: 1 + random.below(300), using: &random)
            for record in records {
                builder.append(
                    keyBytes: record.key.map { [UInt8]($0) }, valueBytes: record.value.map { [UInt8]($0) },
                    timestamp: record.timestamp,
                    headers: record.headers.map { RecordHeader(name: $0.name, value: $0.value.map { [UInt8]($0) }) })
            }
            let appended = builder.recordCount
            #expect(appended == records.count)
            #expect(builder.firstTimestamp == records.first?.timestamp)
            #expect(builder.maxTimestamp == records.map(\.timestamp).max())
            #expect(try builder.build().encoded() == records.batch(compression: compression).encoded())
            let isEmpty = builder.isEmpty
            #expect(isEmpty)
            #expect(builder.uncompressedBytes == 0)
            #expect(builder.firstTimestamp == -1)
        }
    }

    @Test("a builder without records has no batch to give")
    func empty() {
        var builder = RecordBatchBuilder()
        do throws(RecordsError) {
            _ = try builder.build()
            Issue.record("an empty batch was built")
        } catch {
            #expect(error.code == .empty)
        }
    }

    @Test("headers pass from one batch to another as they are encoded")
    func encodedHeaders() throws {
        var random = SeededGenerator.announced(for: "encodedHeaders")
        let records = SampleRecord.random(count: 100, using: &random)
        let decoded = try records.batch(compression: .lz4).records()
        var builder = RecordBatchBuilder()
        for record in decoded {
            decoded.payload.withUnsafeBytes { payload in
                builder.append(
                    key: record.key.map { UnsafeRawBufferPointer(rebasing: payload[$0]) },
                    value: record.value.map { UnsafeRawBufferPointer(rebasing: payload[$0]) },
                    timestamp: record.timestamp,
                    encodedHeaders: UnsafeRawBufferPointer(rebasing: payload[record.headers]),
                    headerCount: record.headerCount)
            }
        }
        #expect(try [SampleRecord](builder.build()) == records)
    }

    @Test("placing a batch changes two fields and leaves the checksum valid")
    func placing() throws {
        let batch = try [SampleRecord(offset: 0, timestamp: 5, key: nil, value: Data([1]), headers: [])].batch()
        let placed = try batch.placed(at: 42, leaderEpoch: 7).reread()
        #expect(placed.baseOffset == 42)
        #expect(placed.nextOffset == 43)
        #expect(placed.header.partitionLeaderEpoch == 7)
        #expect(placed.header.crc == batch.header.crc)
        #expect(try placed.records().first?.offset == 42)
    }

    @Test("stamping a batch makes it a producer's, with a new checksum", arguments: CompressionType.allCases)
    func stamping(compression: CompressionType) throws {
        var random = SeededGenerator.announced(for: "stamping \(compression)")
        let records = SampleRecord.random(count: 20, using: &random)
        let stamped = try records.batch(compression: compression)
            .stamped(producerId: 4711, producerEpoch: 3, baseSequence: 99, isTransactional: true).reread()
        #expect(stamped.header.producerId == 4711)
        #expect(stamped.header.producerEpoch == 3)
        #expect(stamped.header.baseSequence == 99)
        #expect(stamped.header.isTransactional)
        #expect(!stamped.header.isControl)
        #expect(stamped.controlType == nil)
        #expect(try [SampleRecord](stamped) == records)
        let back = try stamped.stamped(producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false)
            .reread()
        #expect(!back.header.isTransactional)
        #expect(back.header.compression == compression)
    }

    @Test("a control marker says how the transaction ended", arguments: [true, false])
    func controlMarker(commit: Bool) throws {
        let marker = try RecordBatch.controlMarker(
            commit: commit, producerId: 8, producerEpoch: 2, coordinatorEpoch: -2, timestamp: 77
        ).reread()
        #expect(marker.controlType == (commit ? .commit : .abort))
        #expect(marker.header.isControl)
        #expect(marker.header.isTransactional)
        let record = try #require(try [SampleRecord](marker).first)
        #expect(record.key == Data([0, 0, 0, commit ? 1 : 0]))
        #expect(record.value == Data([0, 0, 255, 255, 255, 254]))
        #expect(record.timestamp == 77)
    }

    @Test("the parts lent for a write are the encoded batch")
    func parts() throws {
        let batch = try [SampleRecord(offset: 0, timestamp: 5, key: nil, value: Data([1]), headers: [])].batch()
        let joined = batch.withUnsafeParts { header, records in [UInt8](header) + [UInt8](records) }
        #expect(joined == batch.encoded())
    }

    @Test("a read buffer is split into the whole batches it holds, which share it")
    func splitting() throws {
        var random = SeededGenerator.announced(for: "splitting")
        let codecs = CompressionType.allCases
        let batches = try (0..<10).map { index in
            try SampleRecord.random(count: 5, using: &random).batch(compression: codecs[index % codecs.count])
                .placed(at: Int64(index * 5), leaderEpoch: 0)
        }
        let bytes: [UInt8] = [0xEE] + batches.flatMap { $0.encoded() }
        for cut in [0, 1, 60, 61, 100] {
            let whole = try RecordBatch.batches(in: bytes, range: 1..<(bytes.count - cut))
            #expect(whole.count == (cut == 0 ? 10 : 9))
            #expect(whole.map(\.baseOffset) == batches.prefix(whole.count).map(\.baseOffset))
            #expect(whole.map { $0.encoded() } == batches.prefix(whole.count).map { $0.encoded() })
        }
        var damaged = bytes
        let second = 1 + batches[0].sizeInBytes
        damaged[second + 70] ^= 1
        do throws(RecordsError) {
            _ = try RecordBatch.batches(in: damaged, range: 1..<damaged.count)
            Issue.record("a damaged batch was accepted")
        } catch {
            #expect(error.code == .checksumMismatch)
            #expect(error.byteOffset == second - 1 + 17)
        }
    }

    @Test("a batch keeps its offsets when records are taken out of it", arguments: CompressionType.allCases)
    func retaining(compression: CompressionType) throws {
        var random = SeededGenerator.announced(for: "retaining \(compression)")
        let records = SampleRecord.random(count: 30, using: &random)
        let batch = try records.batch(compression: compression).placed(at: 100, leaderEpoch: 1)
            .stamped(producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: false)
        let decoded = try batch.records()
        let compressor = Compressor(compression)
        let thinned = try #require(
            try batch.retaining(from: decoded, using: compressor) { $0.offset % 3 == 1 }?.reread())
        #expect(try [SampleRecord](thinned) == [SampleRecord](batch).filter { $0.offset % 3 == 1 })
        #expect(thinned.lastOffset == 129)
        #expect(thinned.baseOffset == 100)
        #expect(thinned.header.producerId == 5)
        #expect(thinned.header.baseTimestamp == batch.header.baseTimestamp)
        #expect(try batch.retaining(from: decoded, using: compressor) { _ in false } == nil)
        let all = try batch.retaining(from: decoded, using: compressor) { _ in true }
        #expect(all?.encoded() == batch.encoded())
    }
}
