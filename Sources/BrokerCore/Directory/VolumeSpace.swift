import Glibc

/// The room on the volume that a folder is on.
package struct VolumeSpace: Sendable, Equatable {
    /// The volume's size in bytes.
    package let totalBytes: Int64
    /// What of it is free for this process.
    package let usableBytes: Int64

    /// Nil where the operating system does not say.
    package init?(of directory: String) {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return nil }
        let blockBytes = Int64(clamping: status.f_frsize)
        totalBytes = Int64(clamping: status.f_blocks).multipliedReportingOverflow(by: blockBytes).partialValue
        usableBytes = Int64(clamping: status.f_bavail).multipliedReportingOverflow(by: blockBytes).partialValue
    }
}
