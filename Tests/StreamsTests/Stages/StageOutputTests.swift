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

    @Test("takes back what a throwing body has written, and forgets all when it is told to")
    func takesBack() {
        struct Failure: Error {}
        var output = StageOutput()
        output.emit(value: Array("kept".utf8))
        #expect(throws: Failure.self) {
            try output.emit(from: record) { arena in
                arena += Array("half".utf8)
                throw Failure()
            }
        }
        #expect(output.count == 1)
        #expect(output.arena == Array("kept".utf8))
        output.emit(value: Array("other".utf8), to: .topic("a"))
        output.removeAll()
        #expect(output.count == 0 && output.arena.isEmpty && output.topics.isEmpty)
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
