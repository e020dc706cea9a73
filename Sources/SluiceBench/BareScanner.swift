import Glibc

/// The reference for the scanner: finds the eight fields of a `combined` line by their delimiters and checks nothing else.
///
/// What a program gets that trusts its input. A line with an escaped quote, a bracket in the user's name or a month of 31 November is divided as wrongly
/// as fast.
struct BareScanner {
    /// Where the eight fields of the last line end.
    private(set) var ends: [8 of Int] = .init(repeating: 0)

    /// Divides a line; false when a delimiter is missing.
    @inline(__always)
    mutating func scan(_ line: UnsafeRawPointer, count: Int) -> Bool {
        var position = 0
        // SAFETY: reads only `count` bytes: memchr is given what is left of them, and nothing is left behind the end.
        func find(_ byte: UInt8) -> Int? {
            guard position < count, let found = memchr(line + position, Int32(byte), count &- position) else {
                return nil
            }
            return UnsafeRawPointer(found) - line
        }
        let space = UInt8(ascii: " ")
        let quote = UInt8(ascii: "\"")
        guard let address = find(space) else { return false }
        position = address + 3  // ` - `
        guard let user = find(UInt8(ascii: "[")) else { return false }
        position = user + 1
        guard let time = find(UInt8(ascii: "]")) else { return false }
        position = time + 3  // `] "`
        guard let request = find(quote) else { return false }
        position = request + 2  // `" `
        guard let status = find(space) else { return false }
        position = status + 1
        guard let bytes = find(space) else { return false }
        position = bytes + 2  // ` "`
        guard let referer = find(quote) else { return false }
        position = referer + 3  // `" "`
        guard let agent = find(quote) else { return false }
        ends = [address, user - 1, time, request, status, bytes, referer, agent]
        return true
    }
}
