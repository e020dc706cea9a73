/// The last `22/Nov/2026:22:07:02 +0000` that was proven real, and how JSON shows it: most lines have the second of the line before.
struct LastTime: Sendable {
    /// At first what no text is: the last two words of one have six bytes in common.
    private var words = SIMD4<UInt64>(0, 0, 0, .max)
    private var text = SIMD32<UInt8>(repeating: 0)
    private var textBytes = 0

    /// Whether the 26 bytes at `position`, which the caller has checked are there, are a real time.
    @inline(__always)
    mutating func isReal(in base: UnsafeRawPointer, at position: Int) -> Bool {
        LogTime.words(in: base, at: position) == words || isAnotherReal(in: base, at: position)
    }

    @inline(never)
    private mutating func isAnotherReal(in base: UnsafeRawPointer, at position: Int) -> Bool {
        guard let parts = LogTime.local(in: base, at: position) else { return false }
        words = LogTime.words(in: base, at: position)
        textBytes = withUnsafeMutableBytes(of: &text) { memory in
            guard let start = memory.baseAddress else { return 0 }
            // SAFETY: a time takes at most 27 of the 32 bytes, and is written byte by byte, so no slack is needed behind it.
            var writer = JSONWriter(start, sourceEnd: start)
            writer.time(parts, milliseconds: nil)
            return writer.count
        }
        return true
    }

    /// Writes the time at `position` in RFC 3339; false when it is another one.
    @inline(__always)
    func write(_ base: UnsafeRawPointer, at position: Int, to writer: inout JSONWriter) -> Bool {
        guard LogTime.words(in: base, at: position) == words else { return false }
        writer.prepared(text, count: textBytes)
        return true
    }
}
