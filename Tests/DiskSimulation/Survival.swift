/// What a crash leaves of the changes that were not synced.
package enum Survival: CaseIterable, Sendable {
    /// Only the process died: all of them, and they are as little synced as before.
    case process
    /// The power went, and none of them were written back.
    case nothing
    /// The power went, and all of them were.
    case everything
    /// The power went: of every file and folder the first ones, the last of them torn at any byte.
    case prefix
    /// The power went: every sector of a file is as it was at some moment since the last sync, its size as well, and of a folder's names any were written.
    case sectors

    /// Those in which the power goes.
    package static let powerCuts: [Survival] = [.nothing, .everything, .prefix, .sectors]
}
