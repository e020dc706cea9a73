import Synchronization

/// The memory that the requests of all connections may take together, from their first byte to their answers.
///
/// A request takes it as its bytes come, twice as much as has come at most: a length alone keeps nobody else waiting. A quarter is for what each begins with, a quarter for what
/// usual ones go on with, and half for the large ones, so that a crowd of one kind leaves the others theirs.
final class RequestMemory: Sendable {
    /// What one request has taken.
    struct Share: Sendable {
        fileprivate let owner: MemoryBudget.Owner
        /// How long the request is.
        fileprivate let length: Int
        fileprivate var bytes = 0
    }

    private let beginnings: MemoryBudget
    private let usual: MemoryBudget
    private let large: MemoryBudget
    private let lastOwner = Atomic<MemoryBudget.Owner>(0)

    /// A request so long at most is a usual one: Kafka's clients send a megabyte at a time.
    private static let usualBytesMax = 4 << 20

    init(bytesMax: Int) {
        let quarter = max(bytesMax / 4, FrameAssembler.bytesAtFirst)
        beginnings = MemoryBudget(bytesMax: quarter)
        usual = MemoryBudget(bytesMax: quarter)
        large = MemoryBudget(bytesMax: max(bytesMax - 2 * quarter, 0))
    }

    /// What is taken now.
    var used: Int { beginnings.used + usual.used + large.used }

    /// The share of a request of that length, with nothing in it yet.
    func share(ofRequest length: Int) -> Share {
        Share(owner: lastOwner.add(1, ordering: .relaxed).newValue, length: length)
    }

    /// Takes the bytes, or calls `granted` once they have been taken; they are to be `add`ed then.
    /// - Returns: whether they were taken at once.
    func take(_ bytes: Int, for share: inout Share, orWhenFree granted: @escaping @Sendable () -> Void) -> Bool {
        guard budget(for: share).take(bytes, for: share.owner, orWhenFree: granted) else { return false }
        share.bytes += bytes
        return true
    }

    /// What was waited for has been granted.
    func add(_ bytes: Int, to share: inout Share) { share.bytes += bytes }

    /// Ends a wait. False where the bytes have been taken already: they are to be added, and given back.
    func withdraw(_ share: Share) -> Bool { budget(for: share).withdraw(share.owner) }

    /// Gives back all that the request has taken.
    func give(_ share: Share) {
        guard share.bytes > 0 else { return }
        let beginning = min(share.length, FrameAssembler.bytesAtFirst)
        beginnings.give(beginning, of: share.owner)
        if share.bytes > beginning { budget(for: share).give(share.bytes - beginning, of: share.owner) }
    }

    private func budget(for share: Share) -> MemoryBudget {
        share.bytes == 0 ? beginnings : share.length <= Self.usualBytesMax ? usual : large
    }
}
