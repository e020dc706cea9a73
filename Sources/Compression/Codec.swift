/// One compression format's encoder, with a context that is kept from call to call. Not thread-safe.
protocol BlockCompressor: AnyObject {
    /// The most bytes that `compress` writes for an input of `count` bytes.
    func outputBytesMax(for count: Int) -> Int

    /// Compresses all of `input` into `output`, which has room for `outputBytesMax(for:)`, and returns the number of bytes written.
    func compress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int
}

/// One compression format's decoder, with a context that is kept from call to call. Not thread-safe. The input is untrusted.
protocol BlockDecompressor: AnyObject {
    /// Decompresses all of `input`; the result is at most `limit` bytes long.
    func decompress(_ input: UnsafeRawBufferPointer, limit: Int) throws(CompressionError) -> [UInt8]
}

/// Decompresses where the length of the result is not known: with a first guess, then four times the room until it fits or `limit` is reached.
///
/// Starting again costs at most a third of the last attempt, and needs no window beside the output, whose size a hostile input could choose.
/// - Parameter attempt: fills the buffer it is given and returns the number of bytes written, or nil when the room was too small.
func decompressGrowing(
    type: CompressionType, firstGuess: Int, limit: Int,
    attempt: (UnsafeMutableRawBufferPointer) throws(CompressionError) -> Int?
) throws(CompressionError) -> [UInt8] {
    var capacity = min(max(firstGuess, 1), limit)
    while true {
        var fitted = false
        let output = try [UInt8](capacity: capacity) { (room) throws(CompressionError) in
            let written = try attempt(room)
            fitted = written != nil
            return written ?? 0
        }
        if fitted { return output }
        guard capacity < limit else { throw .limitExceeded(type, limit: limit) }
        capacity = capacity > limit / 4 ? limit : capacity * 4
    }
}

extension [UInt8] {
    /// An array of what `fill` writes into `capacity` bytes of fresh room; `fill` returns how many bytes, from the first on, it has written.
    init(
        capacity: Int, fill: (UnsafeMutableRawBufferPointer) throws(CompressionError) -> Int
    ) throws(CompressionError) {
        try self.init(capacity: capacity) { (output) throws(CompressionError) in
            try output.withUnsafeMutableBufferPointer { (room, count) throws(CompressionError) in
                count = try fill(UnsafeMutableRawBufferPointer(room))
            }
        }
    }
}
