import Records

extension LogSegment {
    /// Batches from the one that holds `offset` on.
    /// - Parameters:
    ///   - bound: batches that start here or later are left out.
    ///   - bytesMax: how many bytes at most; the first batch comes whole whatever its size.
    ///   - limit: the next segment's base offset, or the end of the log: no batch reaches beyond.
    ///   - denseFrom: from this offset on, one that is missing is corruption; below, compaction may have removed it.
    /// - Returns: nothing when no batch of the segment ends at `offset` or later, or all of these start at `bound` or later.
    /// - Throws: `.corrupt` when the first batch is; when a later one is, the batches before it are returned.
    func read(from offset: Int64, below bound: Int64, bytesMax: Int, limit: Int64, denseFrom: Int64) throws(LogError)
        -> [RecordBatch]
    {
        guard let (start, first) = try locate(offset, limit: limit), first.baseOffset < bound else { return [] }
        if first.baseOffset > offset, offset >= denseFrom {
            throw corrupt("offsets \(offset) to \(first.baseOffset - 1) are missing", at: start)
        }
        let count = min(sizeBytes - start, Int64(max(bytesMax, first.sizeInBytes)))
        let bytes = try file.readBytes(Int(count), at: start)
        var batches: [RecordBatch] = []
        var index = 0
        var expected = first.baseOffset
        while index < bytes.count {
            guard let size = Self.wholeBatchBytes(bytes, at: index) else {
                if batches.isEmpty { throw corrupt("the batch at offset \(expected) is cut off", at: start) }
                break
            }
            do throws(RecordsError) {
                let batch = try RecordBatch(validating: bytes, range: index..<(index + size))
                guard batch.baseOffset < bound else { break }
                // A hole inside the segment ends the read here; the next read starts at the hole and reports it.
                if batch.baseOffset != expected, expected >= denseFrom || batch.baseOffset < expected { break }
                batches.append(batch)
                expected = batch.nextOffset
                index += size
            } catch {
                if batches.isEmpty {
                    throw corrupt(
                        "the batch at offset \(expected) is corrupt; restore the segment or delete the records up to here",
                        at: start + Int64(index), cause: error)
                }
                break
            }
        }
        return batches
    }

    /// The size of the batch at `index` when all of it is in `bytes`; also of one whose length field is implausible, for the validation to report.
    private static func wholeBatchBytes(_ bytes: [UInt8], at index: Int) -> Int? {
        let rest = bytes.count - index
        guard rest >= RecordBatchHeader.encodedBytes else { return nil }
        let length = bytes.withUnsafeBytes { $0.bigEndian(at: index + 8, as: Int32.self) }
        let size = RecordBatchHeader.uncountedBytes + Int(length)
        if size < RecordBatchHeader.encodedBytes { return RecordBatchHeader.encodedBytes }
        return size <= rest ? size : nil
    }

    /// The first batch that ends at `offset` or later, and its position; nil when there is none.
    func locate(_ offset: Int64, limit: Int64) throws(LogError) -> (position: Int64, header: RecordBatchHeader)? {
        var (floor, position) = try offsetIndex.start(for: offset)
        while position < sizeBytes {
            let header = try header(at: position)
            // The offset is outside the checksum; where compaction leaves holes its order is all that can be checked.
            guard header.baseOffset >= floor, header.nextOffset <= limit else {
                throw corrupt(
                    "the batch says offset \(header.baseOffset), which is not between \(floor) and \(limit)",
                    at: position)
            }
            floor = header.nextOffset
            if header.lastOffset >= offset { return (position, header) }
            position += Int64(header.sizeInBytes)
        }
        return nil
    }

    func header(at position: Int64) throws(LogError) -> RecordBatchHeader {
        let bytes = try file.readBytes(RecordBatchHeader.encodedBytes, at: position)
        do throws(RecordsError) {
            let header = try bytes.withUnsafeBufferPointer { (buffer) throws(RecordsError) in
                try RecordBatchHeader(parsing: UnsafeRawBufferPointer(buffer))
            }
            guard Int64(header.sizeInBytes) <= sizeBytes - position else {
                throw RecordsError(.truncated, "a batch of \(header.sizeInBytes) bytes, but the segment ends before")
            }
            return header
        } catch {
            throw corrupt("no batch where one must be", at: position, cause: error)
        }
    }

    /// The first data record at `startOffset` or later whose timestamp is `timestamp` or later, below `bound`.
    func firstRecord(
        atOrAfter timestamp: Int64, from startOffset: Int64, below bound: Int64
    ) throws(LogError) -> (offset: Int64, timestamp: Int64)? {
        guard let newest, newest.timestamp >= timestamp else { return nil }
        let from = max(try timeIndex.offset(before: timestamp), startOffset)
        var scanner = BatchScanner(file, from: try offsetIndex.start(for: from).position, to: sizeBytes)
        while let step = try scanner.next() {
            switch step {
            case .invalid(let position, let reason):
                throw corrupt("no batch where one must be: \(reason)", at: position)
            case .batch(let batch, let position):
                if batch.baseOffset >= bound { return nil }
                if batch.header.isControl || batch.lastOffset < startOffset || batch.maxTimestamp < timestamp {
                    continue
                }
                let records: DecodedRecords
                do throws(RecordsError) {
                    records = try batch.records()
                } catch {
                    throw corrupt("the records of the batch cannot be decoded", at: position, cause: error)
                }
                for record in records where record.timestamp >= timestamp && record.offset >= startOffset {
                    return (record.offset, record.timestamp)
                }
            }
        }
        return nil
    }
}
