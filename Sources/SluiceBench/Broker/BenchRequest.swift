import Foundation
import KafkaProtocol
import Records

/// The requests that the bench sends, ready to go: Metadata 4, Produce 7 and Fetch 11, written without a client library.
enum BenchRequest {
    private struct Encoded: RecordSpan {
        let bytes: [UInt8]
        var sizeInBytes: Int { bytes.count }
    }

    /// Makes the topic, where there is none, and tells that there is one now.
    static func makeTopic(_ name: String) -> [UInt8] {
        frame(3, version: 4) { writer in
            writer.array([name]) { $0.string($1) }
            writer.bool(true)
        }
    }

    /// One batch for one partition, with acks -1.
    static func produce(_ batch: RecordBatch, to topic: String, partition: Int32 = 0) -> [UInt8] {
        frame(0, version: 7) { writer in
            writer.string(nil)
            writer.int16(-1)
            writer.int32(30_000)
            writer.array([topic]) { writer, name in
                writer.string(name)
                writer.array([partition]) { writer, partition in
                    writer.int32(partition)
                    writer.records(Encoded(bytes: batch.encoded()))
                }
            }
        }
    }

    /// Records of one partition from `offset` on.
    static func fetch(_ topic: String, partition: Int32 = 0, from offset: Int64, bytesMax: Int32) -> [UInt8] {
        frame(1, version: 11) { writer in
            writer.int32(-1)
            writer.int32(500)
            writer.int32(1)
            writer.int32(bytesMax)
            writer.int8(0)
            writer.int32(0)
            writer.int32(-1)
            writer.array([topic]) { writer, name in
                writer.string(name)
                writer.array([partition]) { writer, partition in
                    writer.int32(partition)
                    writer.int32(-1)
                    writer.int64(offset)
                    writer.int64(-1)
                    writer.int32(bytesMax)
                }
            }
            writer.array([Int32]())
            writer.string("")
        }
    }

    private static func frame(_ key: Int16, version: Int16, _ body: (inout FrameWriter) -> Void) -> [UInt8] {
        var writer = FrameWriter()
        writer.int16(key)
        writer.int16(version)
        writer.int32(1)
        writer.string("sluice-bench")
        body(&writer)
        return writer.finished().flatMap { part -> [UInt8] in
            switch part {
            case .bytes(let bytes): bytes
            case .records(let records): (records as? Encoded)?.bytes ?? []
            }
        }
    }

    /// The error of a Produce 7 answer to a request for one partition of `topic`.
    static func produceError(_ answer: UnsafeRawBufferPointer, topic: String) -> Int16 {
        let place = 4 + 4 + 2 + topic.utf8.count + 4 + 4
        guard answer.count >= place + 2 else { return -1 }
        return Int16(bigEndian: answer.loadUnaligned(fromByteOffset: place, as: Int16.self))
    }

    /// How many bytes of records a Fetch 11 answer to a request for one partition of `topic` has.
    static func fetchedBytes(_ answer: UnsafeRawBufferPointer, topic: String) -> Int {
        let place = 4 + 4 + 2 + 4 + 4 + 2 + topic.utf8.count + 4 + 4 + 2 + 8 + 8 + 8 + 4 + 4
        guard answer.count >= place + 4 else { return 0 }
        return Int(Int32(bigEndian: answer.loadUnaligned(fromByteOffset: place, as: Int32.self)))
    }

    /// A batch of about that many bytes that compression does not make smaller any more, as one that came compressed.
    static func batch(bytes: Int, records: Int = 1) throws -> RecordBatch {
        var random = SystemRandomNumberGenerator()
        var builder = RecordBatchBuilder()
        let size = max(8, bytes / records)
        for _ in 0..<records {
            let words = (0..<(size / 8)).map { _ in random.next() }
            words.withUnsafeBytes { builder.append(value: $0, timestamp: 1_700_000_000_000) }
        }
        return try builder.build()
    }
}
