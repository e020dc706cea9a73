import Foundation

@testable import KafkaProtocol

/// A request as a real client has sent it: a line of `Golden/NN_Name.txt`, which `make golden` writes.
struct GoldenRequest: Sendable, CustomStringConvertible {
    /// The client's name as packages have it.
    let client: String
    let key: APIKey
    let version: Int16
    /// The frame without its length.
    let bytes: [UInt8]

    var description: String { "\(client) \(key) \(version)" }

    /// All of the APIs that are served.
    static let all: [GoldenRequest] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.sorted().flatMap { file -> [GoldenRequest] in
            guard let key = Int16(file.prefix { $0 != "_" }).flatMap(APIKey.init(rawValue:)),
                let text = try? String(contentsOf: folder.appending(path: file), encoding: .utf8)
            else { return [] }
            return text.split(separator: "\n").compactMap { GoldenRequest($0, key) }
        }
    }()

    static func of(_ key: APIKey) -> [GoldenRequest] { all.filter { $0.key == key } }

    private init?(_ line: Substring, _ key: APIKey) {
        let words = line.split(separator: " ")
        guard words.count == 3, let version = Int16(words[1]) else { return nil }
        client = String(words[0])
        self.key = key
        self.version = version
        var digits = words[2].utf8.makeIterator()
        var bytes: [UInt8] = []
        while let high = digits.next(), let low = digits.next() {
            guard let byte = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    /// The request, read to its last byte.
    func decoded<Request: KafkaRequest>(_: Request.Type = Request.self) throws -> Request {
        var reader = FrameReader(bytes)
        _ = try RequestHeader(&reader)
        return try Request(&reader, version: version)
    }
}
