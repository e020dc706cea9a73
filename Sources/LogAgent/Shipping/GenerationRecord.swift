import Records

/// One record of the state topic: a generation's committed place. The format is on the page `docs/formats/agent-state.md`.
struct GenerationRecord: Equatable, Sendable {
    static let version: UInt8 = 1
    static let fixedBytes = 86
    private static let sealedFlag: UInt8 = 1

    var generation: Generation
    /// When it was written, in milliseconds since the epoch.
    var updatedAt: Int64

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = [Self.version, generation.isSealed ? Self.sealedFlag : 0]
        let path = [UInt8](generation.path.utf8)
        bytes.reserveCapacity(Self.fixedBytes + path.count)
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
        let progress = generation.current
        append(generation.identity.device)
        append(generation.identity.inode)
        append(generation.startOffset)
        append(progress.offset)
        append(generation.sizeSeen)
        append(progress.lines)
        append(progress.headerHash)
        append(progress.tailHash)
        append(progress.checksum)
        append(updatedAt)
        append(UInt64(path.count))
        return bytes + path
    }

    /// - Throws: `.corruptState` whatever the bytes.
    init(id: UInt64, parsing bytes: ArraySlice<UInt8>) throws(LogAgentError) {
        func corrupt(_ reason: String) -> LogAgentError {
            LogAgentError(.corruptState, "the state record of generation \(GenerationKey.hex(id)) \(reason)")
        }
        guard bytes.count >= Self.fixedBytes else {
            throw corrupt("has \(bytes.count) bytes, fewer than \(Self.fixedBytes)")
        }
        var position = bytes.startIndex
        func next<Value: FixedWidthInteger>(_ type: Value.Type) -> Value {
            var value: Value = 0
            for _ in 0..<MemoryLayout<Value>.size {
                value = value << 8 | Value(truncatingIfNeeded: bytes[position])
                position += 1
            }
            return value
        }
        let version = next(UInt8.self)
        guard version == Self.version else { throw corrupt("has version \(version); this agent reads \(Self.version)") }
        let flags = next(UInt8.self)
        let identity = FileIdentity(device: next(UInt64.self), inode: next(UInt64.self))
        let startOffset = next(Int64.self)
        let offset = next(Int64.self)
        let sizeSeen = next(Int64.self)
        let lines = next(Int64.self)
        guard 0 <= startOffset, startOffset <= offset, sizeSeen >= 0, lines >= 0 else {
            throw corrupt("has impossible offsets")
        }
        let progress = TailProgress(
            offset: offset, headerHash: next(UInt64.self), tailHash: next(UInt64.self), checksum: next(UInt32.self),
            lines: lines)
        updatedAt = next(Int64.self)
        let pathBytes = next(UInt64.self)
        guard pathBytes == UInt64(bytes.endIndex - position),
            let path = String(validating: bytes[position...], as: UTF8.self)
        else { throw corrupt("has a path that is not its rest in UTF-8") }
        generation = Generation(
            id: id, identity: identity, path: path, startOffset: startOffset, progress: progress, sizeSeen: sizeSeen)
        generation.isSealed = flags & Self.sealedFlag != 0
        generation.isRecorded = true
    }

    init(_ generation: Generation, updatedAt: Int64) {
        self.generation = generation
        self.updatedAt = updatedAt
    }
}

/// The keys of one input in the state topic: `<agent>/<input>/<generation in 16 hex digits>`.
struct GenerationKey: Sendable {
    /// What all keys of the input begin with.
    let prefix: String

    init(agent: String, input: String) { prefix = "\(agent)/\(input)/" }

    /// The key of the record that says that the input has run before; its value is empty.
    var started: [UInt8] { [UInt8]("\(prefix)started".utf8) }

    func bytes(of id: UInt64) -> [UInt8] { [UInt8]((prefix + Self.hex(id)).utf8) }

    /// The generation whose key it is; nil for another input's.
    func generation(of key: ArraySlice<UInt8>) -> UInt64? {
        let text = String(decoding: key, as: UTF8.self)
        guard text.hasPrefix(prefix), text.utf8.count == prefix.utf8.count + 16 else { return nil }
        return UInt64(text.dropFirst(prefix.count), radix: 16)
    }

    static func hex(_ id: UInt64) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
