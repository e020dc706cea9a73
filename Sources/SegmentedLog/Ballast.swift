import Synchronization

/// The last room of a data directory: a file that holds blocks of the device for what must be written before a full disk can become less full.
///
/// Retention, deletions, changes of topics, a stop and a start write small files. Where they find no room, a part of this file goes and they try again, until
/// nothing is left of it. While a part is missing no batch is appended, which would take that room at once; the file is made whole again, when
/// somebody wants to append, before anything is. Decision 19 has the reasons and the size.
package final class Ballast: Sendable {
    package static let fileName = "ballast"
    /// 256 blocks of 4 KiB. One of these files takes one or two of them for the moment in which it and its predecessor are both there.
    package static let bytesByDefault = 1 << 20
    /// What is given up at a time: other programs may be filling the disk, too.
    private static let partsCount = 16

    /// Of those who have no data directory, or want none: there is nothing to give up, and nothing is ever missing.
    package static let none = Ballast()

    private struct State {
        var size = 0
        /// Who was given room and may not have used it yet.
        var spenders = 0
    }

    private let path: String
    private let disk: (any Disk)?
    private let bytes: Int
    private let state = Mutex(State())
    private let isMissingAny = Atomic(false)

    private init() {
        path = ""
        disk = nil
        bytes = 0
    }

    /// Finds the file in `directory`, or makes it; on a full disk as much as there is of it.
    /// - Throws: `.io`.
    package init(directory: String, disk: any Disk, bytes: Int = bytesByDefault) throws(LogError) {
        path = FilePath.join(directory, Self.fileName)
        self.disk = disk
        self.bytes = bytes
        do throws(LogError) {
            let found = try disk.open(path, .readWrite).size()
            state.withLock { $0.size = Int(min(found, Int64(bytes))) }
            try state.withLock { (state) throws(LogError) in try fill(&state) }
        } catch {
            guard error.code == .diskFull else { throw error }
            isMissingAny.store(true, ordering: .relaxed)
        }
    }

    /// Whether a part was given up and there has been no room for it since: batches are not to be appended.
    var isShort: Bool { isMissingAny.load(ordering: .relaxed) }

    /// Runs `body`, which may be repeated after it has found no room; gives room up to it until it finds some.
    /// - Throws: what `body` does; `.diskFull` once nothing is left to be given up.
    package func spend<Outcome>(_ body: () throws(LogError) -> Outcome) throws(LogError) -> Outcome {
        // Before the first attempt: a refill takes all the room there is before it finds that it is too little.
        state.withLock { $0.spenders += 1 }
        defer { state.withLock { $0.spenders -= 1 } }
        var refusal: LogError
        do throws(LogError) {
            return try body()
        } catch {
            refusal = error
        }
        while refusal.code == .diskFull, giveUp() {
            do throws(LogError) {
                return try body()
            } catch {
                refusal = error
            }
        }
        throw refusal
    }

    private func giveUp() -> Bool {
        guard let disk else { return false }
        return state.withLock { state in
            guard state.size > 0 else { return false }
            let left = max(0, state.size - max(1, bytes / Self.partsCount))
            // Before there is room, so that no append finds it but those that are just writing: one batch of each partition.
            isMissingAny.store(true, ordering: .relaxed)
            guard (try? disk.open(path, .readWrite).truncate(to: Int64(left))) != nil else { return false }
            state.size = left
            return true
        }
    }

    /// Makes the file whole again, where a part is missing, there is room, and nobody is about to use what was given up. Writes as much as is missing.
    /// - Returns: whether nothing is missing.
    @discardableResult
    package func refill() -> Bool {
        guard isShort else { return true }
        // Another thread does it, or just now gives up more.
        let isWhole = state.withLockIfAvailable { state in
            guard state.spenders == 0 else { return false }
            do throws(LogError) {
                try fill(&state)
            } catch {
                // A disk that fails in another way tells so by itself; that is no reason to refuse batches.
                if error.code == .diskFull { return false }
            }
            isMissingAny.store(false, ordering: .relaxed)
            return true
        }
        return isWhole ?? false
    }

    /// Nothing is synced: after a power cut the next start fills up what is missing.
    private func fill(_ state: inout State) throws(LogError) {
        guard let disk, state.size < bytes else { return }
        let file = try disk.open(path, .readWrite)
        do throws(LogError) {
            var position = state.size
            while position < bytes {
                let part = Self.noise(min(64 << 10, bytes - position), seed: position)
                try file.write(part, at: Int64(position))
                position += part.count
            }
        } catch {
            try? file.truncate(to: Int64(state.size))
            throw error
        }
        state.size = bytes
    }

    /// What a file system that compresses cannot make smaller (xorshift).
    private static func noise(_ count: Int, seed: Int) -> [UInt8] {
        var value = UInt64(truncatingIfNeeded: seed) &+ 0x9E37_79B9_7F4A_7C15
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count {
                if index % 8 == 0 {
                    value ^= value << 13
                    value ^= value >> 7
                    value ^= value << 17
                }
                buffer[index] = UInt8(truncatingIfNeeded: value >> UInt64(index % 8 * 8))
            }
            filled = count
        }
    }
}
