/// Keeps a file's descriptor open for as long as it lives itself.
package final class PinnedDescriptor: Sendable {
    /// The descriptor; not to be closed by others.
    package let descriptor: Int32
    private let file: PooledFile

    init(_ file: PooledFile) throws(LogError) {
        self.file = file
        descriptor = try file.pin()
    }

    deinit { file.unpin() }
}

/// A file of the operating system.
protocol DescriptorBacked {
    /// Opens the file if need be and keeps it open.
    /// - Throws: `.fileGone`, `.io`.
    func pinned() throws(LogError) -> PinnedDescriptor
}

extension PooledFile {
    func pinned() throws(LogError) -> PinnedDescriptor { try PinnedDescriptor(self) }
}
