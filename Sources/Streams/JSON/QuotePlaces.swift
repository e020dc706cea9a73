import CByteMask

/// The places of the quotes in a text without escapes and control characters, a bit for each byte. Reused from text to text, it allocates only to grow.
struct QuotePlaces {
    private static let blockBytes = 64

    /// Bit i of element n: byte 64 n + i is a quote.
    private var masks = [UInt64](repeating: 0, count: 32)
    private var blocks = 0

    /// Finds the quotes of `text`.
    /// - Returns: false for a text that holds a backslash or a control character, or is shorter than 64 bytes: then a quote may be none, or it does not pay.
    mutating func find(in text: Span<UInt8>) -> Bool {
        guard text.count >= Self.blockBytes else { return false }
        let blocks = (text.count + Self.blockBytes - 1) / Self.blockBytes
        if blocks > masks.count { masks = [UInt64](repeating: 0, count: max(blocks, 2 * masks.count)) }
        self.blocks = blocks
        var masks = masks.mutableSpan
        return text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            // SAFETY: every block lies within the text: the last one ends with it, and there are 64 bytes at least.
            var foreign: UInt64 = 0
            for block in 0..<blocks - 1 {
                masks[block] = Self.quotes(base + block * Self.blockBytes, &foreign)
            }
            let repeated = blocks * Self.blockBytes - bytes.count
            masks[blocks - 1] = Self.quotes(base + (bytes.count - Self.blockBytes), &foreign) >> UInt64(repeated)
            return foreign == 0
        }
    }

    @inline(__always)
    private static func quotes(_ block: UnsafeRawPointer, _ foreign: inout UInt64) -> UInt64 {
        foreign |= cbytemask_equal(block, UInt8(ascii: "\\")) | cbytemask_at_most(block, 0x1F)
        return cbytemask_equal(block, UInt8(ascii: "\""))
    }

    /// Lends the places from the first on.
    func withCursor<R>(_ body: (inout Cursor) -> R) -> R {
        masks.withUnsafeBufferPointer { masks in
            guard let first = masks.baseAddress else { preconditionFailure("there is always room for a mask") }
            var cursor = Cursor(next: first + 1, end: first + blocks, mask: first.pointee)
            return body(&cursor)
        }
    }

    /// Gives the places of the quotes, one after another. Not to be used after the closure that lends it.
    struct Cursor {
        // SAFETY: `next` goes from the first mask to `end`, which lies in the array that `withCursor` holds.
        fileprivate var next: UnsafePointer<UInt64>
        fileprivate let end: UnsafePointer<UInt64>
        fileprivate var mask: UInt64
        fileprivate var blockStart = 0

        /// The next quote's place; -1 after the last.
        @inline(__always)
        mutating func take() -> Int {
            while mask == 0 {
                guard next < end else { return -1 }
                mask = next.pointee
                next += 1
                blockStart &+= QuotePlaces.blockBytes
            }
            let place = blockStart &+ mask.trailingZeroBitCount
            mask &= mask &- 1
            return place
        }
    }
}
