/// Whole batches of one segment, as a place in its file: to be handed to a socket without being read here.
///
/// It keeps the file's descriptor open: retention, compaction or deletion of the topic may unlink the file meanwhile, and it is still to be read. What lies in
/// it never changes.
package struct LogSlice: Sendable {
    let file: any DiskFile
    /// The file's descriptor, open for as long as this is kept; nil where the disk has none (a simulated one).
    package let pinned: PinnedDescriptor?
    /// Where it begins in the file, in bytes.
    package let position: Int64
    /// How long it is, in bytes.
    package let sizeInBytes: Int
    /// Where to read on.
    package let nextOffset: Int64
    /// Under `.readCommitted`: the aborted transactions that overlap it, ascending by first offset.
    package let abortedTransactions: [AbortedTransaction]

    /// Its bytes, read here.
    package func contents() throws(LogError) -> [UInt8] { try file.readBytes(sizeInBytes, at: position) }
}
