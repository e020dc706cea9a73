import Testing

@testable import Streams

/// What Java SE 17 gave for `key.hashCode()`, and for `Math.abs(Math.abs(h) % count)` with `h == Integer.MIN_VALUE` taken as 0.
struct Golden: Sendable, CustomTestStringConvertible {
    enum Key: Sendable {
        case text(String)
        case int(Int64)
        case long(Int64)
        case bool(Bool)
        case double(Double)
    }

    /// The partition counts the table was made for.
    static let counts: [Int32] = [1, 2, 3, 6, 7, 100]

    let key: Key
    let hash: Int32
    let partitions: [Int32]

    init(_ key: Key, hash: Int32, partitions: [Int32]) {
        self.key = key
        self.hash = hash
        self.partitions = partitions
    }

    var testDescription: String { "\(key)" }

    static let table = [
        Golden(.text(""), hash: 0, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.text("a"), hash: 97, partitions: [0, 1, 1, 1, 6, 97]),
        Golden(.text("abc"), hash: 96_354, partitions: [0, 0, 0, 0, 6, 54]),
        Golden(.text("203.0.113.7"), hash: 1_392_238_757, partitions: [0, 1, 2, 5, 0, 57]),
        Golden(.text("2001:db8::1"), hash: 1_034_675_794, partitions: [0, 0, 1, 4, 5, 94]),
        Golden(.text("/index.html?q=1"), hash: 1_908_581_596, partitions: [0, 0, 1, 4, 5, 96]),
        Golden(.text("polygenelubricants"), hash: -2_147_483_648, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.text("Grüße"), hash: 69_215_351, partitions: [0, 1, 2, 5, 2, 51]),
        Golden(.text("日本語"), hash: 25_921_943, partitions: [0, 1, 2, 5, 5, 43]),
        Golden(.text("😀 emoji"), hash: -1_572_615_351, partitions: [0, 1, 0, 3, 6, 51]),
        Golden(.text("GET"), hash: 70_454, partitions: [0, 0, 2, 2, 6, 54]),
        Golden(.text("frank-42"), hash: -1_643_920_231, partitions: [0, 1, 1, 1, 2, 31]),
        Golden(.text("Aa"), hash: 2_112, partitions: [0, 0, 0, 0, 5, 12]),
        Golden(.text("BB"), hash: 2_112, partitions: [0, 0, 0, 0, 5, 12]),
        Golden(.text("The quick brown fox jumps over the lazy dog"), hash: -609_428_141, partitions: [0, 1, 2, 5, 0, 41]),
        Golden(.int(0), hash: 0, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.int(1), hash: 1, partitions: [0, 1, 1, 1, 1, 1]),
        Golden(.int(-1), hash: -1, partitions: [0, 1, 1, 1, 1, 1]),
        Golden(.int(42), hash: 42, partitions: [0, 0, 0, 0, 0, 42]),
        Golden(.int(404), hash: 404, partitions: [0, 0, 2, 2, 5, 4]),
        Golden(.int(2_147_483_647), hash: 2_147_483_647, partitions: [0, 1, 1, 1, 1, 47]),
        Golden(.int(-2_147_483_648), hash: -2_147_483_648, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.long(0), hash: 0, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.long(1), hash: 1, partitions: [0, 1, 1, 1, 1, 1]),
        Golden(.long(-1), hash: 0, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.long(42), hash: 42, partitions: [0, 0, 0, 0, 0, 42]),
        Golden(.long(-42), hash: 41, partitions: [0, 1, 2, 5, 6, 41]),
        Golden(.long(4_294_967_296), hash: 1, partitions: [0, 1, 1, 1, 1, 1]),
        Golden(.long(2_147_483_648), hash: -2_147_483_648, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.long(-2_147_483_648), hash: 2_147_483_647, partitions: [0, 1, 1, 1, 1, 47]),
        Golden(.long(1_700_000_000_000), hash: -807_048_821, partitions: [0, 1, 2, 5, 5, 21]),
        Golden(.long(9_223_372_036_854_775_807), hash: -2_147_483_648, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.long(Int64.min), hash: -2_147_483_648, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.bool(true), hash: 1_231, partitions: [0, 1, 1, 1, 6, 31]),
        Golden(.bool(false), hash: 1_237, partitions: [0, 1, 1, 1, 5, 37]),
        Golden(.double(0.0), hash: 0, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.double(-0.0), hash: -2_147_483_648, partitions: [0, 0, 0, 0, 0, 0]),
        Golden(.double(1.0), hash: 1_072_693_248, partitions: [0, 0, 0, 0, 4, 48]),
        Golden(.double(-1.5), hash: -1_074_266_112, partitions: [0, 0, 0, 0, 3, 12]),
        Golden(.double(3.14), hash: 300_063_655, partitions: [0, 1, 1, 1, 3, 55]),
        Golden(.double(1.0e300), hash: -164_130_400, partitions: [0, 0, 1, 4, 0, 0]),
        Golden(.double(.leastNonzeroMagnitude), hash: 1, partitions: [0, 1, 1, 1, 1, 1]),
        Golden(.double(.nan), hash: 2_146_959_360, partitions: [0, 0, 0, 0, 0, 60]),
        Golden(.double(.infinity), hash: 2_146_435_072, partitions: [0, 0, 1, 4, 5, 72]),
        Golden(.double(0.1), hash: -1_507_852_285, partitions: [0, 1, 1, 1, 2, 85]),
    ]
}

@Suite("Partitions agree with a Spring application's")
struct JavaHashTests {
    @Test("a key's hash is Java's", arguments: Golden.table)
    func hash(_ golden: Golden) {
        let hash =
            switch golden.key {
            case .text(let text): JavaHash.hash(text)
            case .int(let number): JavaHash.hash(number)
            case .long(let number): JavaHash.hash(long: number)
            case .bool(let truth): JavaHash.hash(truth)
            case .double(let number): JavaHash.hash(number)
            }
        #expect(hash == golden.hash)
        if case .text(let text) = golden.key {
            #expect(JavaHash.hash(utf8: Array(text.utf8)[...]) == golden.hash)
        }
    }

    @Test("a key's partition is Spring Cloud Stream's", arguments: Golden.table)
    func partition(_ golden: Golden) {
        #expect(Golden.counts.map { JavaHash.partition(hash: golden.hash, count: $0) } == golden.partitions)
    }

    @Test("a whole number beyond 32 bits hashes as a Long, any other as an Integer")
    func width() {
        #expect(JavaHash.hash(Int64(-1)) == -1)
        #expect(JavaHash.hash(long: -1) == 0)
        #expect(JavaHash.hash(Int64(4_294_967_296)) == 1)
    }
}
