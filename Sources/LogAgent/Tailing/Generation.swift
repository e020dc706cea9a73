/// One life of one log file, from its creation or last truncation on, whatever it is called meanwhile.
struct Generation: Equatable, Sendable {
    /// A place that was read through, with what proves the bytes before it.
    struct Mark: Equatable, Sendable {
        var offset: Int64
        var checksum: UInt32
        var tailHash: UInt64

        init(_ progress: TailProgress) {
            offset = progress.offset
            checksum = progress.checksum
            tailHash = progress.tailHash
        }
    }

    /// How many marks are kept: enough to reach back over what is read between a copy and the truncation after it.
    static let marksMax = 16

    /// A random number that names it in the state topic.
    let id: UInt64
    var identity: FileIdentity
    /// The last known path.
    var path: String
    /// Where reading it began: 0, or further on under `start: end`.
    let startOffset: Int64
    /// What is read.
    private(set) var current: TailProgress
    /// What is committed.
    private(set) var committed: TailProgress
    /// The file's size when last looked at.
    var sizeSeen: Int64
    /// Whether it was read to its end and is not expected to be written any more.
    var isSealed = false
    /// Whether the state topic has a record of it.
    var isRecorded = false
    /// The last places read through, oldest first.
    private(set) var marks: [Mark]

    /// A generation that is seen for the first time.
    init(id: UInt64, identity: FileIdentity, path: String, start: TailProgress, size: Int64) {
        self.init(
            id: id, identity: identity, path: path, startOffset: start.offset, progress: start, sizeSeen: size)
    }

    /// A generation as it was recorded.
    init(
        id: UInt64, identity: FileIdentity, path: String, startOffset: Int64, progress: TailProgress, sizeSeen: Int64
    ) {
        self.id = id
        self.identity = identity
        self.path = path
        self.startOffset = startOffset
        current = progress
        committed = progress
        self.sizeSeen = sizeSeen
        marks = [Mark(progress)]
    }

    /// The bytes seen beyond what is read.
    var unreadBytes: Int64 { max(0, sizeSeen - current.offset) }

    /// Takes the place read through.
    mutating func advance(to progress: TailProgress) {
        current = progress
        if marks.count == Self.marksMax { marks.removeFirst() }
        marks.append(Mark(progress))
    }

    /// Everything read is committed.
    mutating func commit() { committed = current }

    /// What was read since the last commit is to be read again.
    mutating func rewind() {
        current = committed
        // The checksums stay true of the file's content, but a place must not be claimed that may never be delivered.
        marks.removeAll { $0.offset > committed.offset }
        if marks.isEmpty { marks = [Mark(committed)] }
    }

    /// The state topic's word is final: `progress` is what was committed.
    mutating func restore(_ progress: TailProgress) {
        committed = progress
        rewind()
    }
}
