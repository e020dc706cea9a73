/// One file that is tailed: its generation, its descriptor and where its reading stands. Owned by one `Tailer`.
final class TailedFile {
    /// What is done with the file.
    enum Mode {
        /// Its lines are shipped.
        case reading
        /// It may be a copy of the first of these generations; the others are asked next. Nothing is read until that is known.
        case candidate(originals: [UInt64])
        /// It is compared with the first of these generations.
        case comparing(Comparison)
    }

    /// A comparison of a file with what was read of its possible original.
    struct Comparison {
        var originals: [UInt64]
        /// The place whose checksum decides.
        var mark: Generation.Mark
        /// Where the copy's own reading begins if it is one.
        var through: Int64
        /// What is compared so far.
        var progress: TailProgress
        /// Whether the mark's checksum was met.
        var isMarkPassed = false
    }

    var generation: Generation
    var open: OpenFile?
    var mode = Mode.reading
    /// An unfinished line longer than one read: the place up to which there is no newline. It is not held in memory.
    var longLine: TailProgress?
    /// There is no newline between the offset and this place.
    var lookedThrough: Int64
    /// When it was last seen to have grown.
    var grewAt: ContinuousClock.Instant
    /// Whether a pattern matches its present name.
    var isListed = true
    /// Whether no name leads to it any more.
    var isDeleted = false
    /// Whether it waits in the queue.
    var isQueued = false
    /// Whether the next commit has a state record for it.
    var isTouched = false
    /// Whether it is let go at the next commit.
    var isFinishing = false
    /// Whether the next commit forgets it: it is deleted, and its last look has been taken.
    var isEnding: Bool { isFinishing && isDeleted && !isQueued }
    /// Whether the bytes before the offset were compared since it was opened by its path.
    var isRecognised: Bool
    /// Whether it was found equal to its original as far as that was read then.
    var isConfirmedCopy = false
    /// Whether it is of interest only as a copy, since no pattern matches it.
    var isSoughtAsCopy = false
    /// Why it cannot be read at present.
    var problem: String?

    init(generation: Generation, isRecognised: Bool, now: ContinuousClock.Instant) {
        self.generation = generation
        self.isRecognised = isRecognised
        lookedThrough = generation.current.offset
        grewAt = now
    }

    /// Where its next line begins.
    var place: LinePlace { LinePlace(generation: generation.id, offset: generation.current.offset) }

    /// The end of what has been looked at.
    var reach: Int64 { longLine?.offset ?? max(lookedThrough, generation.current.offset) }

    /// Whether there are bytes nobody has looked at.
    var isBehind: Bool { generation.sizeSeen > reach }

    var isReading: Bool { if case .reading = mode { true } else { false } }

    /// The generation it may be a copy of.
    var original: UInt64? { originals.first }

    /// The generations it may be a copy of, the one asked first.
    var originals: [UInt64] {
        get {
            switch mode {
            case .reading: []
            case .candidate(let originals): originals
            case .comparing(let comparison): comparison.originals
            }
        }
        set {
            switch mode {
            case .reading: break
            case .candidate: mode = .candidate(originals: newValue)
            case .comparing(var comparison):
                comparison.originals = newValue
                mode = .comparing(comparison)
            }
        }
    }

    /// Notes the size found by a look at the file.
    func note(size: Int64, now: ContinuousClock.Instant) {
        if size != generation.sizeSeen { grewAt = now }
        generation.sizeSeen = size
    }

    /// Reads again from what is committed.
    func rewind() {
        generation.rewind()
        longLine = nil
        lookedThrough = generation.current.offset
        isFinishing = false
    }
}
