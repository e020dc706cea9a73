import Synchronization

/// Which of a disk's files hold a descriptor: as many as the limit, and of these the ones that were used last. The others are opened again when they are used.
///
/// A segment has up to four files, and ten thousand partitions have more segments than any process may have descriptors. What is kept in order of use
/// exactly costs a lock that every read and write of every file wants; here each file only marks that it was used, and a hand that goes round over the open
/// files closes the first one whose mark it has taken before (the clock algorithm). Nothing is done here while there is room.
///
/// **When every open file must stay open**, more than the limit are: each of these is in the middle of a call, or about to be replaced by compaction.
final class FilePool: Sendable {
    /// How much is done to close a file.
    enum Effort: Sendable {
        /// Only if it was not used since it was last asked.
        case unused
        /// Only if nothing in it has to be synced first.
        case clean
        /// It is synced, if need be.
        case sync
    }

    private struct Slot {
        weak var file: PooledFile?
    }

    private struct Ring {
        var slots: [Slot] = []
        var free: [Int] = []
        /// Files that hold a descriptor, or are about to.
        var open = 0
        var hand = 0

        /// The next file behind the hand.
        mutating func next() -> PooledFile? {
            for _ in slots.indices {
                hand = hand + 1 < slots.count ? hand + 1 : 0
                if let file = slots[hand].file { return file }
            }
            return nil
        }
    }

    /// How many files hold a descriptor, unless more of them must.
    let limit: Int
    /// How many files may be kept open by slices, which slow clients keep for long; the rest is for everything else.
    let slicedMax: Int
    private let ring = Mutex(Ring())
    private let sliced = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
        slicedMax = limit / 2
    }

    /// Whether one more file may be kept open by slices; if so, `releaseSliced` has to follow.
    func takeSliced() -> Bool {
        guard sliced.add(1, ordering: .relaxed).newValue > slicedMax else { return true }
        releaseSliced()
        return false
    }

    func releaseSliced() { sliced.subtract(1, ordering: .relaxed) }

    /// How many files hold a descriptor now, or are about to.
    var openCount: Int { ring.withLock { $0.open } }

    /// Makes room for one file, which then counts as open: `add` or `abandon` has to follow.
    func reserve() {
        if !makeRoom(below: limit, reserving: true) { ring.withLock { $0.open += 1 } }
    }

    /// Gives back what `reserve` took.
    func abandon() { ring.withLock { $0.open -= 1 } }

    /// Closes one file more than the limit asks for: the process has no descriptor left. Returns false when none can be closed.
    func closeOne() -> Bool { makeRoom(below: openCount, reserving: false) }

    /// Takes in an open file, for which there was room; returns its place, for `remove`.
    func add(_ file: PooledFile) -> Int {
        ring.withLock { ring in
            if let slot = ring.free.popLast() {
                ring.slots[slot].file = file
                return slot
            }
            ring.slots.append(Slot(file: file))
            return ring.slots.count - 1
        }
    }

    /// The file at that place has no descriptor any more.
    func remove(_ slot: Int) {
        ring.withLock { ring in
            ring.slots[slot].file = nil
            ring.free.append(slot)
            ring.open -= 1
        }
    }

    /// The hand goes round at most four times: it takes the marks, closes what had none, then whatever is clean, then what it has to sync.
    private func makeRoom(below count: Int, reserving: Bool) -> Bool {
        var looks = 0
        while true {
            let (hasRoom, candidate, round) = ring.withLock { ring in
                if ring.open < count {
                    if reserving { ring.open += 1 }
                    return (true, nil as PooledFile?, 0)
                }
                return (false, ring.next(), looks / max(ring.slots.count, 1))
            }
            guard !hasRoom else { return true }
            guard let candidate, let effort = Self.effort(round) else { return false }
            looks += 1
            // Outside of the ring's lock: a file's own lock is never taken within another.
            candidate.close(effort)
        }
    }

    private static func effort(_ round: Int) -> Effort? {
        switch round {
        case 0, 1: .unused
        case 2: .clean
        case 3: .sync
        default: nil
        }
    }
}
