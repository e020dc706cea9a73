/// Whether a new file is a copy of a file already tailed, as `copytruncate` and `cp` make them: the decision, without I/O.
///
/// Only a file whose name is made from the other's is ever taken for its copy, and only once its bytes have been compared by checksum with what
/// was read of the other: files that merely begin alike are read in full.
enum CopyJudgement: Equatable, Sendable {
    /// Not a copy: it is read from its first byte.
    case unrelated
    /// Not known yet: the file is left alone for the moment.
    case undecided
    /// A copy if its bytes up to the mark have the mark's checksum.
    case compare(Generation.Mark)

    /// - Parameters:
    ///   - original: the file that the new one may be a copy of.
    ///   - originalIsIntact: whether it still holds what was read of it; false once it has been truncated or is gone.
    ///   - originalIsBehind: whether it has bytes that nobody has looked at, as of this moment.
    ///   - size: the new file's size.
    ///   - isQuiet: whether the new file has not grown for some time.
    ///   - header: the hash of the new file's first `original.current.headerBytes` bytes; nil where it is shorter than that.
    static func judge(
        original: Generation, originalIsIntact: Bool, originalIsBehind: Bool, size: Int64, isQuiet: Bool,
        header: UInt64?
    ) -> CopyJudgement {
        let read = original.current
        guard read.offset > 0 else {
            // Nothing was read of it. What it has may be what the copy has, and will be read; if it has nothing, it has been emptied since the
            // copy was made, and all of the copy is news.
            return originalIsBehind ? .undecided : .unrelated
        }
        let isComplete = !originalIsIntact || isQuiet
        guard let header else { return isComplete ? .unrelated : .undecided }
        guard header == read.headerHash else { return .unrelated }
        guard size < read.offset else {
            return .compare(Generation.Mark(read))
        }
        guard isComplete else { return .undecided }
        return original.marks.last { $0.offset <= size && $0.offset > 0 }.map { .compare($0) } ?? .unrelated
    }
}
