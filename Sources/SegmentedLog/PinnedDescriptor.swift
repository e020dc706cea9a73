/// Keeps a file's descriptor open for as long as it lives itself.
package final class PinnedDescriptor: Sendable {
    /// The descriptor; not to be closed by others.
    package let descriptor: Int32
    private let file: PooledFile
    private let isOfSlice: Bool

    /// - Parameter isOfSlice: of how many files slices are kept has a limit of its own.
    init(_ file: PooledFile, isOfSlice: Bool) throws(LogError) {
        self.file = file
        self.isOfSlice = isOfSlice
        descriptor = isOfSlice ? try file.pinSlice() : try file.pin()
    }

    deinit { isOfSlice ? file.unpinSlice() : file.unpin() }
}

/// A file of the operating system.
protocol DescriptorBacked {
    /// Opens the file if need be and keeps it open.
    /// - Throws: `.fileGone`, `.io`; for a slice `.tooManySlices`.
    func pinned(forSlice: Bool) throws(LogError) -> PinnedDescriptor
}

extension PooledFile {
    func pinned(forSlice: Bool) throws(LogError) -> PinnedDescriptor {
        try PinnedDescriptor(self, isOfSlice: forSlice)
    }
}
