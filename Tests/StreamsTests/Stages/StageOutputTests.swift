import Records
import Testing

@testable import Streams

@Suite("A stage's output")
struct StageOutputTests {
    private let record = StageRecord(
        value: Array("v".utf8), key: Array("k".utf8),
        headers: [RecordHeader(name: "a", value: Array("1".utf8)), RecordHeader(name: "none", value: nil)],
        timestamp: 7,
        source: TopicPartition(topic: "t", partition: 2), offset: 9)

    private func records(_ output: StageOutput) -> [StageRecord] {
        output.entries.map { output.record($0, derivedFrom: record) }
    }

    @Test("gives emitted records the timestamp and headers of the record at hand")
    func inherits() {
        var output = StageOutput()
        output.inherit(from: record)
        output.emit(value: Array("x".utf8))
        output.emit(value: "y".utf8, key: Array("z".utf8), headers: [], timestamp: 1, to: .topic("other"))
        output.emitTombstone(key: Array("gone".utf8))
        let emitted = records(output)
        #expect(emitted.map { $0.value.map { Array($0) } } == [Array("x".utf8), Array("y".utf8), nil])
        #expect(emitted.map { $0.key.map { Array($0) } } == [nil, Array("z".utf8), Array("gone".utf8)])
        #expect(emitted.map(\.timestamp) == [7, 1, 7])
        #expect(emitted[0].headers == record.headers)
        #expect(emitted[1].headers.isEmpty)
        #expect(emitted[0].header(named: "a").map { Array($0) } == Array("1".utf8))
        #expect(emitted[0].header(named: "none") == nil)
        #expect(output.entries.map { output.destination(of: $0) } == [.output(0), .topic("other"), .output(0)])
    }

    @Test("forwards a record with key, value, headers and timestamp")
    func forwards() {
        var output = StageOutput()
        output.forward(record, to: .output(1))
        let copy = records(output)[0]
        #expect(copy.value == record.value && copy.key == record.key && copy.headers == record.headers)
        #expect(copy.timestamp == 7)
        #expect(output.destination(of: output.entries[0]) == .output(1))
    }

    @Test("takes a value that was appended to the arena, and forgets all that was emitted")
    func appendedValue() {
        var output = StageOutput()
        output.emit(value: Array("first".utf8))
        let start = output.arena.count
        output.arena += Array("second".utf8)
        output.emit(from: record, valueFrom: start)
        #expect(records(output).map { $0.value.map(Array.init) } == [Array("first".utf8), Array("second".utf8)])
        #expect(records(output)[1].key == record.key && records(output)[1].headers == record.headers)
        output.emit(value: Array("third".utf8), to: .topic("a"))
        output.removeAll()
        #expect(output.count == 0 && output.topics.isEmpty)
    }

    @Test("what was taken does not pile up")
    func reuse() {
        var output = StageOutput()
        for number in 0..<10_000 {
            output.emit(value: Array("value \(number)".utf8))
            #expect(records(output).map { $0.value.map(Array.init) } == [Array("value \(number)".utf8)])
            output.removeAll()
        }
        #expect(output.arena.capacity <= 64 << 10)
    }

    @Test("headers that are no headers end the list and never trap")
    func brokenHeaders() {
        for bytes: [UInt8] in [
            [], [0x80], [0x02], [0x02, 0x61, 0x10, 0x00], Array(repeating: 0xFF, count: 20), [0x01, 0x01],
        ] {
            #expect(EncodedHeaders.decode(bytes[...], count: 3).isEmpty)
            #expect(EncodedHeaders.value(named: "a", in: bytes[...], count: 3) == nil)
        }
    }
}
