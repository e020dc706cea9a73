/// The memory that the requests of all connections may take together, from their first byte to their answers.
///
/// A quarter is for what each begins with, a quarter for what usual ones go on with, and half for the large ones. Otherwise a few that ask for much and then stand still would keep
/// all others waiting; and those that have their beginning would wait for one another's, each for room to go on.
final class RequestMemory: Sendable {
    private let beginnings: MemoryBudget
    private let usual: MemoryBudget
    private let large: MemoryBudget

    /// What goes on with so many bytes at most is a usual request: Kafka's clients send a megabyte at a time.
    private static let usualBytesMax = 4 << 20

    init(bytesMax: Int) {
        let quarter = max(bytesMax / 4, FrameAssembler.bytesAtFirst)
        beginnings = MemoryBudget(bytesMax: quarter)
        usual = MemoryBudget(bytesMax: quarter)
        large = MemoryBudget(bytesMax: max(bytesMax - 2 * quarter, 0))
    }

    /// What is taken now.
    var used: Int { beginnings.used + usual.used + large.used }

    /// Takes the bytes for a request, or calls `granted` once they have been taken for it.
    /// - Parameter taken: what the request has already: nothing, or its beginning.
    /// - Returns: nil if they were taken at once, else what `withdraw` takes back the wish by.
    func take(_ bytes: Int, after taken: Int, orWhenFree granted: @escaping @Sendable () -> Void) -> UInt64? {
        budget(for: bytes, after: taken).take(bytes, orWhenFree: granted)
    }

    /// Ends a wait. False where the bytes have been taken for it already: they are to be given back.
    func withdraw(_ id: UInt64, of bytes: Int, after taken: Int) -> Bool {
        budget(for: bytes, after: taken).withdraw(id)
    }

    /// Gives back all that one request has taken.
    func give(_ bytes: Int) {
        let beginning = min(bytes, FrameAssembler.bytesAtFirst)
        beginnings.give(beginning)
        // The rest was taken at once, so its size tells from where.
        if bytes > beginning { budget(for: bytes - beginning, after: beginning).give(bytes - beginning) }
    }

    private func budget(for bytes: Int, after taken: Int) -> MemoryBudget {
        taken == 0 ? beginnings : bytes <= Self.usualBytesMax ? usual : large
    }
}
