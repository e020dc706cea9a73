import Records
import SegmentedLog

/// A small text file of the data directory that is read and replaced as a whole: after a crash it is the old one or the new one.
///
/// Its first line is the kind and version, its last line the CRC32C of all before it. Format: `docs/formats/data-directory.md`.
struct ChecksummedFile: Sendable {
    /// A larger file is taken for corrupt and not read.
    private static let bytesMax: Int64 = 256 << 20

    let directory: String
    let name: String
    /// The first line, such as `sluice-topics 1`.
    let title: String
    let disk: any Disk

    var path: String { directory + "/" + name }

    /// The lines between the first and the last, or nil when there is no such file.
    func read() throws(BrokerError) -> [Substring]? {
        guard let bytes = try readBytes() else { return nil }
        guard bytes.last == UInt8(ascii: "\n"),
            let lastLine = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")).map({ $0 + 1 }),
            bytes[lastLine...].elementsEqual(Self.checksumLine(bytes[..<lastLine]).utf8)
        else {
            throw BrokerError(
                .corrupt, "the checksum in the last line does not match; restore the file from a backup", path: path)
        }
        let lines = String(decoding: bytes[..<lastLine], as: UTF8.self).split(separator: "\n")
        guard lines.first.map(String.init) == title else {
            throw BrokerError(
                .corrupt, "the first line is not '\(title)': written by another version of Sluice", path: path)
        }
        return Array(lines.dropFirst())
    }

    /// Replaces the content, durably: temporary file, sync, rename, directory sync.
    /// - Parameter ballast: given up where there is no room, for what makes room or cannot wait for some.
    func replace(with lines: [String], spending ballast: Ballast = .none) throws(BrokerError) {
        var bytes = Array((title + "\n" + lines.map { $0 + "\n" }.joined()).utf8)
        bytes.append(contentsOf: Self.checksumLine(bytes[...]).utf8)
        try inBrokerTerms("cannot write \(path)") { () throws(LogError) in
            try ballast.spend { () throws(LogError) in
                try disk.replace(name, in: directory, with: bytes, temporarySuffix: ".new")
            }
        }
    }

    /// Removes the file, durably; a missing one is no error.
    func remove() throws(BrokerError) {
        try inBrokerTerms("cannot remove \(path)") { () throws(LogError) in
            try disk.remove(path)
            try disk.syncDirectory(directory)
        }
    }

    private func readBytes() throws(BrokerError) -> [UInt8]? {
        let file: any DiskFile
        do throws(LogError) {
            file = try disk.open(path, .readOnly)
        } catch {
            if error.code == .notFound { return nil }
            throw BrokerError(error, "cannot open")
        }
        let size = try inBrokerTerms("cannot read \(path)") { () throws(LogError) in try file.size() }
        guard size <= Self.bytesMax else {
            throw BrokerError(.corrupt, "\(size) bytes, more than the \(Self.bytesMax) it can have", path: path)
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result<Int, LogError> { () throws(LogError) in try file.read(into: buffer, at: 0) }
        }
        let count = try inBrokerTerms("cannot read \(path)") { () throws(LogError) in try result.get() }
        bytes.removeSubrange(count...)
        return bytes
    }

    private static func checksumLine(_ bytes: ArraySlice<UInt8>) -> String {
        "crc32c \(String(bytes.withUnsafeBytes { CRC32C.checksum($0) }, radix: 16))\n"
    }
}
