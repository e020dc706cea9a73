import Foundation
import Records
import SegmentedLog

/// A partition's folder in a data directory, found by its name `<topic>-<partition>`.
struct PartitionFolder {
    let id: TopicPartition
    let path: String

    /// All partitions in a data directory, by topic and number.
    static func all(in dataDirectory: String) throws -> [PartitionFolder] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: dataDirectory)) ?? []
        let folders = names.compactMap { name -> PartitionFolder? in
            guard let dash = name.lastIndex(of: "-"), dash != name.startIndex,
                let number = Int32(name[name.index(after: dash)...]), number >= 0
            else { return nil }
            let path = dataDirectory + "/" + name
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
                return nil
            }
            return PartitionFolder(id: TopicPartition(topic: String(name[..<dash]), partition: number), path: path)
        }
        guard !folders.isEmpty else {
            throw CommandFailure(
                "\(dataDirectory): there is no log; name the folder that `sluice up --data-dir` was given (default ./data)"
            )
        }
        return folders.sorted { $0.id < $1.id }
    }

    /// Its offsets and size at present.
    func contents() throws(LogError) -> (startOffset: Int64, endOffset: Int64, bytes: Int64) {
        let reader = try LogReader(directory: path)
        var end = reader.startOffset
        var bytes: Int64 = 0
        var batches = reader.batches()
        while let batch = try batches.next() {
            end = batch.nextOffset
            bytes += Int64(batch.sizeInBytes)
        }
        return (reader.startOffset, end, bytes)
    }
}
