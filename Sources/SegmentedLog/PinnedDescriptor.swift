/// Keeps a file's descriptor open for as long as it lives itself.
package final class PinnedDescriptor: Sendable {
    /// The descriptor; not to be closed by others.
    package let descriptor: Int32
    private let file: PooledFile
    private let isOfSlice: Bool

    /// Opens the file if need be and keeps it open.
    /// - Parameter isOfSlice: whether it counts against `FilePool.slicedMax`.
    /// - Throws: `.fileGone`, `.io`; for a slice `.tooManySlices`.
    init(_ file: PooledFile, isOfSlice: Bool) throws(LogError) {
        self.file = file
        self.isOfSlice = isOfSlice
        descriptor = isOfSlice ? try file.pinSlice() : try file.pin()
    }

    deinit { isOfSlice ? file.unpinSlice() : file.unpin() }
}
