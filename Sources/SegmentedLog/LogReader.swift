import Records

/// Reads a partition's folder without opening the log: for looking at it offline, also while another process writes to it. Changes nothing.
package struct LogReader: Sendable {
    /// The partition's own folder.
    package let directory: String
    /// The log start offset as last stored: reading starts there at the earliest.
    package let startOffset: Int64
    private let disk: any Disk

    /// - Throws: `.notFound` when there is no such folder.
    package init(directory: String, disk: any Disk = FileDisk()) throws(LogError) {
        self.directory = directory
        self.disk = disk
        let bases = SegmentName.offsets(in: try disk.openDirectory(directory, create: false), .log)
        let stored = try PartitionCheckpoint(readingFrom: directory, disk)?.startOffset ?? 0
        startOffset = max(stored, bases.first ?? stored)
    }

    /// The batches from the one that holds `offset` on, checksums verified. What is appended while iterating may or may not be seen; a batch
    /// that is being written, or that a crash has torn, ends the iteration.
    package func batches(from offset: Int64 = 0) -> BatchIterator {
        BatchIterator(directory: directory, disk: disk, offset: max(offset, startOffset))
    }

    /// Gives batch after batch; not to be shared between threads.
    package struct BatchIterator {
        private let directory: String
        private let disk: any Disk
        /// The next offset to give.
        private var offset: Int64
        private var current: OpenSegment?
        /// Where a batch looked invalid before: a second look decides, as the first may have met a write in progress.
        private var doubtful: Int64?

        private struct OpenSegment {
            var base: Int64
            var file: any DiskFile
            var end: Int64
            var scanner: BatchScanner
        }

        init(directory: String, disk: any Disk, offset: Int64) {
            self.directory = directory
            self.disk = disk
            self.offset = offset
        }

        /// The next batch; nil at the end.
        /// - Throws: `.corrupt` with the place, when a batch is damaged and valid data follows it.
        package mutating func next() throws(LogError) -> RecordBatch? {
            while true {
                guard let step = try current?.scanner.next() else {
                    if try !advance() { return nil }
                    continue
                }
                switch step {
                case .batch(let batch, _):
                    guard batch.lastOffset >= offset else { continue }
                    offset = batch.nextOffset
                    return batch
                case .invalid(let position, let reason):
                    if try isTornTail(at: position, reason) { return nil }
                }
            }
        }

        /// Goes on in the same segment if it has grown, else in the next one. The folder is listed before the size is asked for: a segment that
        /// has a successor grows no more.
        private mutating func advance() throws(LogError) -> Bool {
            let bases = SegmentName.offsets(in: try disk.openDirectory(directory, create: false), .log)
            if try grow() { return true }
            let unread = bases.filter { $0 > current?.base ?? -1 }
            // The last one that starts at or below the offset, or the first above: compaction may have removed what is between.
            guard let next = unread.last(where: { $0 <= offset }) ?? unread.first else { return false }
            do throws(LogError) {
                let file = try disk.open(FilePath.join(directory, SegmentName.name(next, .log)), .readOnly)
                let end = try file.size()
                current = OpenSegment(base: next, file: file, end: end, scanner: BatchScanner(file, to: end))
            } catch {
                // Removed since it was listed: the caller comes here again and lists anew.
                if error.code != .notFound { throw error }
            }
            return true
        }

        private mutating func grow() throws(LogError) -> Bool {
            guard let open = current else { return false }
            let size = try open.file.size()
            guard size > open.end else { return false }
            current?.end = size
            current?.scanner = BatchScanner(open.file, from: open.scanner.position, to: size)
            return true
        }

        /// In the last segment, with nothing valid behind it, an invalid batch is a torn or growing tail; false means to look again.
        private mutating func isTornTail(at position: Int64, _ reason: String) throws(LogError) -> Bool {
            guard let open = current else { return false }
            let bases = SegmentName.offsets(in: try disk.openDirectory(directory, create: false), .log)
            if try grow() { return false }
            var scanner = BatchScanner(open.file, from: position, to: open.end)
            if doubtful != position {
                doubtful = position
                current?.scanner = scanner
                return false
            }
            if open.base == bases.last, try scanner.nextValidPosition(offset: offset) == nil { return true }
            throw LogError(
                .corrupt, reason, directory: directory, segment: SegmentName.name(open.base, .log), byteOffset: position
            )
        }
    }
}
