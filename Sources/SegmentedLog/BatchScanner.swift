import Records

/// Walks a `.log` file batch by batch and verifies each: for recovery, index rebuilds, compaction and offline reading.
struct BatchScanner {
    /// What stands at a position.
    enum Step {
        case batch(RecordBatch, position: Int64)
        /// No valid batch; the scanner stays there until `skip`.
        case invalid(position: Int64, reason: String)
    }

    private static let chunkBytes = 1 << 20
    private static let magicByte: UInt8 = 2
    private static let magicPosition = 16

    private let file: any DiskFile
    /// Nothing from here on is read.
    private let end: Int64
    private(set) var position: Int64
    private var chunk: [UInt8] = []
    private var chunkStart: Int64 = 0

    init(_ file: any DiskFile, from position: Int64 = 0, to end: Int64) {
        self.file = file
        self.position = position
        self.end = end
    }

    /// The batch at the present position, and moves behind it; nil at the end.
    mutating func next() throws(LogError) -> Step? {
        guard position < end else { return nil }
        let start = position
        switch try batch(at: start) {
        case .success(let batch):
            position = start + Int64(batch.sizeInBytes)
            return .batch(batch, position: start)
        case .failure(let error):
            return .invalid(position: start, reason: error.description)
        }
    }

    /// Goes on at `newPosition`.
    mutating func skip(to newPosition: Int64) {
        position = newPosition
    }

    /// The first position after the present one where a whole valid batch starts whose offset is not below `offset`; nil when there is none.
    mutating func nextValidPosition(offset: Int64) throws(LogError) -> Int64? {
        var candidate = position + 1
        while candidate + Int64(RecordBatchHeader.encodedBytes) <= end {
            try fill(candidate, RecordBatchHeader.encodedBytes)
            guard let found = nextMagic(from: candidate) else {
                // The file has become shorter meanwhile.
                guard chunk.count > Self.magicPosition else { return nil }
                candidate = chunkStart + Int64(chunk.count - Self.magicPosition)
                continue
            }
            candidate = found
            if candidate + Int64(RecordBatchHeader.encodedBytes) > end { return nil }
            if case .success(let batch) = try batch(at: candidate), batch.baseOffset >= offset,
                batch.baseOffset - offset <= Int64(Int32.max)
            {
                return candidate
            }
            candidate += 1
        }
        return nil
    }

    /// The first place in the chunk, from `start` on, that has a version 2 where a batch has it.
    private func nextMagic(from start: Int64) -> Int64? {
        chunk.withUnsafeBufferPointer { bytes in
            var index = Int(start - chunkStart) + Self.magicPosition
            while index < bytes.count {
                if bytes[index] == Self.magicByte { return chunkStart + Int64(index - Self.magicPosition) }
                index += 1
            }
            return nil
        }
    }

    private mutating func batch(at start: Int64) throws(LogError) -> Result<RecordBatch, RecordsError> {
        let remaining = end - start
        guard remaining >= RecordBatchHeader.encodedBytes else {
            return .failure(RecordsError(.truncated, "\(remaining) bytes are too few for a batch header"))
        }
        try fill(start, RecordBatchHeader.encodedBytes)
        let size: Int
        do throws(RecordsError) {
            size = try header(at: start).sizeInBytes
        } catch {
            return .failure(error)
        }
        guard size <= LogConfig.batchBytesLimit, Int64(size) <= remaining else {
            return .failure(RecordsError(.truncated, "a batch of \(size) bytes where only \(remaining) are left"))
        }
        try fill(start, size)
        let lower = Int(start - chunkStart)
        return Result { () throws(RecordsError) in
            try RecordBatch(validating: chunk, range: lower..<(lower + size))
        }
    }

    private func header(at start: Int64) throws(RecordsError) -> RecordBatchHeader {
        try chunk.withUnsafeBufferPointer { (bytes) throws(RecordsError) in
            let rest = UnsafeRawBufferPointer(bytes)[Int(start - chunkStart)...]
            return try RecordBatchHeader(parsing: UnsafeRawBufferPointer(rebasing: rest))
        }
    }

    /// Reads so that `count` bytes from `start` on are in the chunk. A file that has become shorter meanwhile gives fewer.
    private mutating func fill(_ start: Int64, _ count: Int) throws(LogError) {
        if start >= chunkStart, start + Int64(count) <= chunkStart + Int64(chunk.count) { return }
        chunk = try file.readBytes(Int(min(end - start, Int64(max(count, Self.chunkBytes)))), at: start)
        chunkStart = start
    }
}
