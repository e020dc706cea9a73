import Glibc
import Records

/// Cuts a window of a file into lines and appends them to a batch: one `memchr` and one copy a line, no allocation.
struct LineFramer: Sendable {
    /// What one call did.
    struct Framed {
        /// Just after the last newline taken.
        var end: Int
        /// The lines taken.
        var lines: Int
        /// Why it stopped.
        var stop: Stop
    }

    enum Stop: Equatable {
        /// No newline is left in the window.
        case noNewline
        /// The next line does not fit into the batch.
        case batchFull
        /// The next line, without its newline, is over the limit.
        case oversize(Range<Int>)
    }

    /// What a record without key and headers has beside its value: three varints of up to 5 bytes, the timestamp's of up to 10, three single bytes.
    private static let recordOverheadBytesMax = 28

    let lineBytesMax: Int
    var batchBytesMax: Int
    let batchRecordsMax: Int

    /// The place of the first newline from `from` on.
    static func newline(in window: UnsafeRawBufferPointer, from: Int) -> Int? {
        guard let base = window.baseAddress, from < window.count,
            let found = memchr(base + from, 0x0A, window.count - from)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Takes whole lines from `from` on until the batch is full. A `\r` before the newline is the line's own.
    func frame(
        _ window: UnsafeRawBufferPointer, from: Int, into batch: inout RecordBatchBuilder, timestamp: Int64
    ) -> Framed {
        var position = from
        var lines = 0
        // The batch is asked for its size only when this underestimate of its room is used up.
        var roomBytes = 0
        var roomRecords = 0
        while let newline = Self.newline(in: window, from: position) {
            let length = newline - position
            guard length <= lineBytesMax else {
                return Framed(end: position, lines: lines, stop: .oversize(position..<newline))
            }
            if roomRecords == 0 || roomBytes < length {
                guard hasRoom(for: length, in: batch) else {
                    return Framed(end: position, lines: lines, stop: .batchFull)
                }
                roomBytes = max(length, batchBytesMax - batch.uncompressedBytes)
                roomRecords = max(1, batchRecordsMax - batch.recordCount)
            }
            roomBytes -= length + Self.recordOverheadBytesMax
            roomRecords -= 1
            batch.append(value: UnsafeRawBufferPointer(rebasing: window[position..<newline]), timestamp: timestamp)
            position = newline + 1
            lines += 1
        }
        return Framed(end: position, lines: lines, stop: .noNewline)
    }

    /// Whether a line of that many bytes goes into the batch. An empty batch takes any line.
    func hasRoom(for length: Int, in batch: borrowing RecordBatchBuilder) -> Bool {
        batch.isEmpty
            || (batch.recordCount < batchRecordsMax && batch.uncompressedBytes + length <= batchBytesMax)
    }
}
