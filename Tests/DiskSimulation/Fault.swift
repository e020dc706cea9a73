/// Something that goes wrong at one operation of a `SimulatedDisk`.
package struct Fault: Sendable {
    /// What a disk is asked to do that can fail and that a crash can come into.
    package enum Operation: String, CaseIterable, Sendable {
        case create = "open"
        case makeFolder = "mkdir"
        case write
        case truncate
        case sync = "fdatasync"
        case rename
        case remove
        case syncFolder = "fsync"

        /// Whether it needs room on the device.
        var takesRoom: Bool {
            switch self {
            case .create, .makeFolder, .write: true
            case .truncate, .sync, .rename, .remove, .syncFolder: false
            }
        }
    }

    package enum Kind: Sendable, Equatable {
        /// Nothing works any more from here on; what `SimulatedDisk.crash` leaves is what comes next.
        case crash
        /// This one operation fails with EIO. A write leaves a part; a sync loses what was not synced.
        case error
        /// This and the next operations that need room, so many in all, find none. A write leaves a part.
        case full(operations: Int)
    }

    package var kind: Kind
    /// Only operations of this kind count; nil counts all.
    package var operation: Operation?
    /// It comes at the first that counts, the second, ...
    package var ordinal: Int

    package init(_ kind: Kind, at ordinal: Int, of operation: Operation? = nil) {
        self.kind = kind
        self.ordinal = ordinal
        self.operation = operation
    }
}
